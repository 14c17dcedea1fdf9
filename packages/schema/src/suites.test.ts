import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedData } from "../../../tests/recordings/shared-data.ts";
import { judge, loose, type Verdict } from "../test/judge.ts";
import { recogniser } from "../test/recogniser.ts";
import { readSuite, SUITES, type SuiteCase } from "../test/suites.ts";
import { compileSchema, SchemaError } from "./index.ts";

const FOLDER = sharedData("json-schemas");

/** How many of the suite's schemas pass by the grammar alone, at least. */
const FLOORS: Record<keyof typeof SUITES, number> = {
  SchemaStore: 187,
  "JSON Schema test suite, draft 7": 276,
  "JSON Schema test suite, 2020-12": 361,
};

for (const [name, file] of Object.entries(SUITES) as [keyof typeof SUITES, string][])
  test(
    `${name}: no value that is invalid passes where every keyword is enforced`,
    { skip: FOLDER === undefined && "shared/data/json-schemas is not here" },
    () => {
      const verdicts: Verdict[] = [];
      for (const each of readSuite(FOLDER!, file)) {
        const { verdict, keywords } = verdictOf(each);
        verdicts.push(verdict);
        if (verdict.outcome === "accepts an invalid value")
          assert.notDeepEqual(keywords, [], `${each.name}: ${verdict.at}`);
      }
      const passing = verdicts.filter(({ outcome }) => outcome === "passes").length;
      assert.ok(passing >= FLOORS[name], `${passing} of ${verdicts.length} pass`);
    },
  );

function verdictOf(each: SuiteCase): { verdict: Verdict; keywords: string[] } {
  try {
    const { gbnf, report } = compileSchema(each.schema, { formats: each.formats });
    return { verdict: judge(each, recogniser(gbnf).accepts), keywords: loose(report) };
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    return { verdict: judge(each, undefined), keywords: [] };
  }
}
