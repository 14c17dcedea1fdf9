import { createContext, Script } from "node:vm";

const LENGTH = 3000;
const PATIENCE_MS = 500;
const CLASS_MEMBERS = ["a", "A", "0", "_", " ", "-", ".", "@", "/", "é"];

/**
 * A text on which a regular expression takes forever, as `(a+)+$` does; `undefined` where none was found. One such text
 * from a client would hold up the log store, so such a pattern is refused.
 *
 * Repetition is what hurts, so runs of what the pattern may repeat are tried, alone and after each of its literal parts.
 * The length tells apart: linear is done in microseconds, quadratic in milliseconds, cubic or worse not in time.
 */
export function hurtfulText(source: string): string | undefined {
  const test = new Script("pattern.test(text)");
  const context = createContext({ pattern: new RegExp(source, "gu"), text: "" });
  return textsFor(source).find((text) => {
    context["text"] = text;
    try {
      test.runInContext(context, { timeout: PATIENCE_MS });
      return false;
    } catch {
      return true;
    }
  });
}

function textsFor(source: string): string[] {
  const literals = [...new Set(source.match(/[^\\()[\]{}|*+?^$.]+/gu))].slice(0, 8);
  const units = [...new Set([...CLASS_MEMBERS, ...literals, ...literals.join("")])].slice(0, 40);
  return ["", ...literals].flatMap((prefix) => units.map((unit) => `${prefix}${unit.repeat(LENGTH / unit.length)}\0`));
}
