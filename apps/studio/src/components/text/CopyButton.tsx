import { useEffect, useState } from "react";
import { useShortcuts } from "../shell/shortcuts.ts";

interface CopyButtonProps {
  text: string;
  /** Says what is copied. */
  label: string;
  /** A key that copies too. */
  shortcut?: string;
  className?: string;
}

export function CopyButton({ text, label, shortcut, className = "button" }: CopyButtonProps) {
  const [result, setResult] = useState<"Copied" | "Not copied" | null>(null);
  useEffect(() => {
    if (result === null) return;
    const timer = setTimeout(() => setResult(null), 1500);
    return () => clearTimeout(timer);
  }, [result]);

  const onClick = async (): Promise<void> => {
    setResult((await copyText(text)) ? "Copied" : "Not copied");
  };
  useShortcuts(shortcut ? { [shortcut]: onClick } : {});
  return (
    <button type="button" className={className} aria-keyshortcuts={shortcut} onClick={onClick}>
      <span aria-live="polite">{result ?? label}</span>
    </button>
  );
}

/** Gives whether it worked. Off localhost a page without TLS has no clipboard API; the old command still works there. */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}
