import { type RefObject, useEffect, useState } from "react";

interface TypedInputProps {
  label: string;
  placeholder: string;
  className: string;
  value: string;
  onType(value: string): void;
  input: RefObject<HTMLInputElement | null>;
}

/** A field for words whose value lives in the address: that follows later than the next key may come. */
export function TypedInput({ label, placeholder, className, value, onType, input }: TypedInputProps) {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    if (document.activeElement !== input.current) setTyped(value);
  }, [value, input]);
  return (
    <input
      ref={input}
      className={`input ${className}`}
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={typed}
      onChange={(event) => {
        setTyped(event.target.value);
        onType(event.target.value);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault(); // browsers would empty it
        event.currentTarget.blur();
      }}
    />
  );
}
