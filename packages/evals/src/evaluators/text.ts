import type { Score } from "./score.ts";

export const asText = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

export function exact(output: string, expected: unknown, ignoreCase: boolean): Score {
  const fold = (text: string) => (ignoreCase ? text.trim().toLowerCase() : text.trim());
  const same = fold(output) === fold(asText(expected));
  return { score: same ? 1 : 0, detail: same ? "" : `expected ${asText(expected)}` };
}

export function regex(output: string, pattern: RegExp): Score {
  return pattern.test(output) ? { score: 1, detail: "" } : { score: 0, detail: `does not match ${String(pattern)}` };
}

/** The first number of the answer. */
export function number(output: string, expected: unknown, tolerance: number, relative: boolean): Score {
  const found = /-?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?/i.exec(output)?.[0];
  const wanted = asText(expected).trim() === "" ? Number.NaN : Number(asText(expected));
  if (!Number.isFinite(wanted)) return { score: null, detail: `${asText(expected)} is not a number` };
  if (found === undefined) return { score: 0, detail: "no number" };
  const value = Number(/,\d{3}(?!\d)/.test(found) ? found.replaceAll(",", "") : found.replace(",", "."));
  const reach = relative ? tolerance * Math.abs(wanted) : tolerance;
  const near = Math.abs(value - wanted) <= reach + 1e-12 * Math.abs(wanted);
  return { score: near ? 1 : 0, detail: near ? "" : `${value}, expected ${wanted}` };
}
