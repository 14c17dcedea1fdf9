import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Schema } from "../src/index.ts";

/** A schema with values that fit and values that do not, as its authors labelled them. */
export interface SuiteCase {
  name: string;
  schema: Schema;
  /** Whether the authors mean `format` to be held to. */
  formats: boolean;
  instances: { name: string; valid: boolean; data: unknown }[];
}

interface Row {
  name?: string;
  file?: string;
  description?: string;
  schema: Schema;
  tests: { file?: string; description?: string; valid: boolean; data: unknown }[];
}

export const SUITES = {
  SchemaStore: "schemastore.dev.jsonl",
  "JSON Schema test suite, draft 7": "json-schema-test-suite.draft7.jsonl",
  "JSON Schema test suite, 2020-12": "json-schema-test-suite.draft2020-12.jsonl",
} as const;

export function readSuite(folder: string, file: string): SuiteCase[] {
  const rows = readFileSync(join(folder, file), "utf8").trim().split("\n");
  const parsed = rows.map((line) => JSON.parse(line) as Row);
  // What is within a string is an annotation; only draft 7 let validators look.
  return parsed
    .filter(({ file }) => !file?.endsWith("optional/content.json"))
    .map((row) => {
      return {
        name: row.name ?? `${row.file}: ${row.description}`,
        schema: row.schema,
        formats: row.file === undefined || row.file.includes("optional/format"),
        instances: row.tests.map((each) => ({
          name: each.description ?? each.file ?? "",
          valid: each.valid,
          data: each.data,
        })),
      };
    });
}
