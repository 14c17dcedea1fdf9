import type { ReactNode } from "react";

interface EmptyProps {
  title: string;
  /** Fills it. */
  command: string;
  children: ReactNode;
}

/** A list with nothing in it yet: what would stand here, and the command that makes the first. */
export function Empty({ title, command, children }: EmptyProps) {
  return (
    <div className="no-rows">
      <h2>{title}</h2>
      <p>{children}</p>
      <pre className="command" tabIndex={0}>
        {command}
      </pre>
    </div>
  );
}
