import { FlywheelError, type RedactionPattern } from "@flywheel/protocol";
import { CHECKS } from "./checksums.ts";
import { type Edit, type Find, mergeEdits } from "./edits.ts";

/** A finder for all patterns at once. Throws `config_invalid` where one is not a regular expression. */
export function findAll(patterns: readonly RedactionPattern[]): Find {
  const finders = patterns.map(finderOf);
  return (text) => mergeEdits(finders.flatMap((find) => find(text)));
}

function finderOf(pattern: RedactionPattern): Find {
  const { check, replacement } = pattern;
  const regex = compile(pattern);
  return (text) => {
    const edits: Edit[] = [];
    regex.lastIndex = 0;
    for (let match = regex.exec(text); match; match = regex.exec(text)) {
      const start = match.index;
      const length = check ? CHECKS[check](match[0]) : match[0].length;
      if (length > 0) edits.push({ start, end: start + length, text: replacement, count: 1 });
      // After a failed checksum the real number may begin inside the match.
      regex.lastIndex = start + (length || step(text, start));
    }
    return edits;
  };
}

function compile({ name, pattern }: RedactionPattern): RegExp {
  try {
    return new RegExp(pattern, "gu");
  } catch (cause) {
    throw new FlywheelError("config_invalid", { reason: `redaction ${name}: ${(cause as Error).message}` }, { cause });
  }
}

/** A regular expression with the flag `u` does not stop between the halves of a character. */
const step = (text: string, at: number) => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
