import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CORPUS_DIR, readCorpus } from "../../test/types-corpus.ts";
import { validator } from "../validate.ts";
import { openTypeReader, type TypeReader } from "./type-reader.ts";

const golden = JSON.parse(readFileSync(join(CORPUS_DIR, "golden.json"), "utf8")) as Record<string, unknown>;
const corpus = readCorpus();
let reader: TypeReader;

before(() => (reader = openTypeReader({ dir: CORPUS_DIR, modules: {} })));
after(() => reader.close());

test("the corpus holds more than 150 types", () => {
  ok(corpus.length > 150, String(corpus.length));
});

for (const file of new Set(corpus.map((each) => each.file)))
  describe(basename(file, ".ts"), () => {
    for (const { name, accepted, refused, problem } of corpus.filter((each) => each.file === file))
      test(name, () => {
        const { schema, diagnostics } = reader.readType(file, name);
        if (problem !== "") {
          ok(diagnostics.length > 0, "nothing was said of it");
          match(diagnostics[0]!.message, new RegExp(problem, "i"));
          equal(diagnostics[0]!.file, basename(file));
          ok(diagnostics[0]!.line! > 0 && diagnostics[0]!.suggestion);
          return;
        }
        deepEqual(diagnostics, []);
        const check = validator(schema);
        for (const value of accepted) deepEqual(check(value), [], JSON.stringify(value));
        for (const value of refused) ok(check(value).length > 0, `${JSON.stringify(value)} was accepted`);
        deepEqual(schema, golden[`${basename(file)}#${name}`]);
      });
  });
