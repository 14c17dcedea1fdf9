import { createRedactor } from "@flywheel/guard";
import type { DatasetQuery, DropReason } from "@flywheel/protocol";
import { BUILT_IN_PATTERNS, type Pattern } from "flywheel";
import type { Candidate } from "./candidates.ts";

const redactor = createRedactor(
  Object.entries<Pattern>(BUILT_IN_PATTERNS).map(([name, { pattern, check }]) => ({
    name,
    pattern: pattern.source,
    ...(check && { check }),
    replacement: `[${name}]`,
  })),
);

/** Takes out what names a person, by every built-in pattern; in prompts and answers alike, so that they still match. */
export function redactRows(
  candidates: readonly Candidate[],
  mode: DatasetQuery["pii"],
  drop: (reason: DropReason) => void,
): { rows: Candidate[]; redactions: number } {
  if (mode === "keep") return { rows: [...candidates], redactions: 0 };
  let redactions = 0;
  const rows: Candidate[] = [];
  for (const candidate of candidates) {
    let found = 0;
    const clean = (text: string): string => {
      const redacted = redactor.body(text);
      found += redacted.count;
      return redacted.text;
    };
    const row = redactRow(candidate.row, clean);
    if (found > 0 && mode === "drop") drop("pii");
    else rows.push(found > 0 ? { ...candidate, row } : candidate);
    redactions += mode === "redact" ? found : 0;
  }
  return { rows, redactions };
}

function redactRow(row: Candidate["row"], clean: (text: string) => string): Candidate["row"] {
  const messages = row.messages.map(({ role, content }) => ({ role, content: clean(content) }));
  if (row.kind === "preference") return { ...row, messages, chosen: clean(row.chosen), rejected: clean(row.rejected) };
  return { ...row, messages, completion: clean(row.completion) };
}
