import type { KeywordReport } from "../src/index.ts";
import { arranged, validator } from "./arrange.ts";
import type { SuiteCase } from "./suites.ts";

/** What became of one schema of a suite. */
export interface Verdict {
  outcome: "passes" | "does not compile" | "refuses a valid value" | "accepts an invalid value";
  /** With validation after the grammar. */
  validated: boolean;
  /** The value at fault, where there is one. */
  at: string;
}

/**
 * @param accepts whether the grammar accepts a compact text; `undefined` where the schema did not compile
 */
export function judge({ schema, instances }: SuiteCase, accepts: ((text: string) => boolean) | undefined): Verdict {
  // A schema that nothing fits has no grammar, and rightly so.
  if (!accepts) return instances.some(({ valid }) => valid) ? failed("does not compile") : PASSES;
  let invalid: string | undefined;
  const check = validator(schema);
  let validated = true;
  for (const { name, valid, data } of instances) {
    const accepted = accepts(valid ? arranged(schema, data) : JSON.stringify(data));
    if (valid && !accepted) return failed("refuses a valid value", name);
    if (!valid && accepted) {
      invalid ??= name;
      if (!check || check(data)) validated = false;
    }
  }
  return invalid === undefined ? PASSES : { outcome: "accepts an invalid value", validated, at: invalid };
}

const PASSES: Verdict = { outcome: "passes", validated: true, at: "" };
const failed = (outcome: Verdict["outcome"], at = ""): Verdict => ({ outcome, validated: false, at });

/** Keywords that the grammar does not hold to. */
export function loose(report: readonly KeywordReport[]): string[] {
  return [...new Set(report.filter(({ action }) => action !== "enforced").map(({ keyword }) => keyword))].toSorted();
}
