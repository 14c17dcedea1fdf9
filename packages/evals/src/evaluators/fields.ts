import { isDeepStrictEqual } from "node:util";
import type { Score } from "./score.ts";

/** The share of fields that agree; an answer that is not JSON has none. */
export function fields(output: string, expected: unknown, names: readonly string[] | null): Score {
  const wanted = parse(expected);
  if (wanted === undefined) return { score: null, detail: "the expected answer is not JSON" };
  const given = parse(output);
  if (given === undefined) return { score: 0, detail: "not JSON" };
  if (!isObject(wanted)) return isDeepStrictEqual(given, wanted) ? { score: 1, detail: "" } : { score: 0, detail: "not equal" }; // prettier-ignore
  const compared = names ?? Object.keys(wanted);
  const wrong = compared.filter((name) => !isObject(given) || !isDeepStrictEqual(given[name], wanted[name]));
  const score = compared.length === 0 ? 1 : 1 - wrong.length / compared.length;
  return { score, detail: wrong.join(", ") };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON, also where a model put it into a code block. */
function parse(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value.replace(/^\s*```\w*\n([^]*?)```\s*$/, "$1")) as unknown;
  } catch {
    return undefined;
  }
}
