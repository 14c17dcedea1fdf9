import type { Diagnostic } from "@flywheel/protocol";
import { oneLine } from "../../text/escape.ts";

/** What is wrong with the files as they are now: at which file and line, and what to write instead. */
export function Diagnostics({ diagnostics, served }: { diagnostics: readonly Diagnostic[]; served: boolean }) {
  if (diagnostics.length === 0) return null;
  return (
    <section className="diagnostics" role="status" aria-label="Problems">
      <p>
        <strong>The files have {diagnostics.length === 1 ? "a problem" : `${diagnostics.length} problems`}.</strong>{" "}
        {served
          ? "Until they are mended, endpoints are served as they last were good."
          : "Nothing is served until they are mended."}
      </p>
      <ul>
        {diagnostics.map((one, index) => (
          <li key={index}>
            <code>{oneLine([one.file, one.line, one.column].filter((part) => part !== undefined).join(":"))}</code>{" "}
            {oneLine(one.message)}
            {one.suggestion && <span className="suggestion"> {oneLine(one.suggestion)}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
