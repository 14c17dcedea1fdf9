import type { Diagnostic } from "@flywheel/protocol";
import { Fragment } from "react";
import { oneLine } from "../../text/escape.ts";
import { CopyButton } from "../text/CopyButton.tsx";
import { SafeText } from "../text/SafeText.tsx";

/** Lines laid out at most; a longer file is better read where it is written. */
const MOST_LINES = 2000;

interface SourceProps {
  file: string;
  text: string;
  /** What is wrong in this file. */
  diagnostics: readonly Diagnostic[];
}

/** A file with its lines numbered, and what is wrong with it where it is wrong. */
export function Source({ file, text, diagnostics }: SourceProps) {
  const lines = text.replace(/\n$/, "").split("\n");
  const shown = lines.slice(0, MOST_LINES);
  return (
    <div className="endpoint-body">
      <header className="message-head">
        <code>{oneLine(file)}</code>
        <CopyButton text={text} label="Copy" className="button quiet small" />
      </header>
      {text === "" ? (
        <p className="note">The file is gone.</p>
      ) : (
        <div className="source" tabIndex={0} role="group" aria-label="Source">
          {shown.map((line, index) => (
            <Fragment key={index}>
              <div className="source-line">
                <span className="source-number" aria-hidden="true">
                  {index + 1}
                </span>
                <SafeText text={line} code />
              </div>
              {diagnostics
                .filter((one) => one.line === index + 1)
                .map((one, at) => (
                  <p key={at} className="source-problem">
                    {oneLine(one.message)} {one.suggestion && oneLine(one.suggestion)}
                  </p>
                ))}
            </Fragment>
          ))}
        </div>
      )}
      {lines.length > shown.length && <p className="note">The rest of its {lines.length} lines is not shown.</p>}
    </div>
  );
}
