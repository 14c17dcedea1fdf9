import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fuzz, type FuzzResult } from "../../schema/test/fuzz.ts";
import { FUZZ_LIST, fuzzListHash, randomSchema } from "../../schema/test/random-schema.ts";
import { type ConstrainedSampler, openConstrainedSampler } from "../test/constrained-sampler.ts";
import { writeTinyModel } from "../test/tiny-model.ts";

// The long form is `npm run bench -- fuzz`: every schema of the list.
const EVERY = 67;

let folder: string;
let sampler: ConstrainedSampler;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  const path = join(folder, "tiny.gguf");
  writeTinyModel(path, { contextLength: 1024, layers: 1 });
  sampler = await openConstrainedSampler(path, 1024);
});
after(async () => {
  await sampler.free();
  rmSync(folder, { recursive: true });
});

test("the list of schemas is the one whose hash is written down", () => {
  equal(fuzzListHash(), FUZZ_LIST.sha256);
});

test("what a model with random weights writes under a grammar is valid wherever the report calls every keyword enforced", async () => {
  const results: FuzzResult[] = [];
  for (let number = 0; number < FUZZ_LIST.size; number += EVERY)
    results.push(await fuzz(randomSchema(number), (grammar) => sampler.sample({ grammar, seed: number + 1, maxTokens: 500, closeAfter: 30 }))); // prettier-ignore
  const enforced = results.filter((each) => each.enforced);
  const finished = enforced.filter(({ outcome }) => outcome !== "cut");
  deepEqual(finished.filter(({ outcome }) => outcome !== "valid"), []); // prettier-ignore
  ok(finished.length > results.length / 2, `${finished.length} of ${results.length}`);
});
