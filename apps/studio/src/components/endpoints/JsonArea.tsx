import { useState } from "react";
import type { Json } from "../../text/json.ts";

interface JsonAreaProps {
  label: string;
  value: Json | undefined;
  onChange(value: Json): void;
  /** Told whether what is typed is JSON. */
  onProblem?(problem: string): void;
}

/** A value as JSON. What is typed stays while it is no JSON; then it has not changed the value yet. */
export function JsonArea({ label, value, onChange, onProblem }: JsonAreaProps) {
  const [typed, setTyped] = useState(() => textOf(value));
  const [problem, setProblem] = useState("");
  const change = (text: string): void => {
    setTyped(text);
    let said = "";
    try {
      onChange(JSON.parse(text) as Json);
    } catch (error) {
      said = `This is not JSON: ${(error as Error).message}`;
    }
    setProblem(said);
    onProblem?.(said);
  };
  return (
    <>
      <textarea
        className="input area code"
        aria-label={label}
        aria-invalid={problem !== ""}
        spellCheck={false}
        rows={4}
        value={typed}
        onChange={(event) => change(event.target.value)}
      />
      {problem !== "" && <p className="problem">{problem}</p>}
    </>
  );
}

const textOf = (value: Json | undefined): string => (value === undefined ? "" : JSON.stringify(value, null, 2));
