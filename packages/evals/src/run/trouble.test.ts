import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startModel } from "../../test/scripted-model.ts";
import { junitReport } from "../report/junit.ts";
import { terminalReport } from "../report/terminal.ts";
import { readDefinition } from "./definition.ts";
import { readExamples } from "./examples.ts";
import { type Journal, openJournal } from "./journal.ts";
import { createModelApi } from "./model-api.ts";
import { runEval, type RunInput } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "flywheel-evals-trouble-"));
after(() => rmSync(folder, { recursive: true }));
let journals = 0;
const newJournal = () => openJournal(join(folder, `${++journals}.jsonl`));

type Say = Parameters<typeof startModel>[0];
interface Given extends Partial<Pick<RunInput, "against" | "behind">> {
  journal?: Journal;
  perMinute?: number;
}

/** Runs `definition` on a model that says what `say` says. */
async function run(say: Say, definition: Record<string, unknown>, given: Given = {}) {
  const model = await startModel(say);
  const { signal } = new AbortController();
  const read = readDefinition({ kind: "eval", model: "m", dataset: rows(8), ...definition }, "evals/a.eval.ts");
  try {
    const result = await runEval({
      name: "a",
      definition: read,
      examples: readExamples(read.dataset as unknown[], "rows"),
      model: read.model,
      against: given.against,
      variants: false,
      api: createModelApi({ url: model.url, key: "k" }, signal, given.perMinute ? { perMinute: given.perMinute } : {}),
      journal: given.journal ?? newJournal(),
      prompt: undefined,
      callCode: async () => [],
      costOf: async () => null,
      behind: given.behind ?? {},
      concurrency: 3,
      signal,
      onProgress() {},
    });
    return { ...result, asked: model.asked.length };
  } finally {
    model.close();
  }
}

const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `r${i}`, input: `say word${i}`, expected: `word${i}` })); // prettier-ignore
const lastWord: Say = (_, text) => text.split(" ").at(-1)!;

test("rows that a judge could not score count as 0 for the gate, rows that it has nothing to say of do not count", async () => {
  const judge = { type: "judge", model: "judge", rubric: "Is it right?" };
  const say: Say = (name, text) => (name === "judge" ? (/word[12]\n/.test(text) ? "Well, hard to say" : "9") : lastWord(name, text)); // prettier-ignore
  const { run: judged } = await run(say, { evaluators: [judge], gate: { judge: { atLeast: 0.7 } } });
  assert.equal(judged.evaluators[0]!.mean!.estimate.toFixed(3), "0.900");
  assert.deepEqual(judged.gate.checks, [{ rule: "judge at least 0.7", passed: false, detail: "0.675, 2 rows that could not be scored counted as 0" }]); // prettier-ignore

  const dataset = rows(8).map(({ expected, ...row }, i) => (i < 4 ? row : { ...row, expected }));
  const { run: exact } = await run(lastWord, { dataset, evaluators: [{ type: "exact" }], gate: { exact: { atLeast: 1 } } }); // prettier-ignore
  const { scored, failures, inapplicable } = exact.evaluators[0]!;
  assert.deepEqual([scored, failures, inapplicable, exact.gate.passed], [4, 0, 4, true]);
});

test("a key that may not and a model that is not there end the run at once, a judge's as well", async () => {
  const exact = { evaluators: [{ type: "exact" }] };
  for (const status of [401, 403, 404])
    await assert.rejects(run(() => status, exact), { code: "config_invalid", message: "m: I will not" }); // prettier-ignore
  const judge = { type: "judge", model: "judge", rubric: "Is it right?" };
  const say: Say = (name, text) => (name === "judge" ? 404 : lastWord(name, text));
  await assert.rejects(run(say, { evaluators: [judge] }), { code: "config_invalid", message: "judge: I will not" });
});

test("a model that answers none of the first rows is a failure, not a score of 0", async () => {
  await assert.rejects(run(() => undefined, { evaluators: [{ type: "exact" }] }), { code: "upstream_error", message: /none of 5 rows was answered. I will not/ }); // prettier-ignore
});

test("answers are kept for what stands behind a name: a new build or a promoted model is asked anew", async () => {
  const journal = newJournal();
  const exact = { evaluators: [{ type: "exact" }] };
  const first = await run(lastWord, exact, { journal, behind: { m: "build 1" } });
  const again = await run(lastWord, exact, { journal, behind: { m: "build 1" } });
  const changed = await run(() => "no", exact, { journal, behind: { m: "build 2" } });
  assert.deepEqual([first, again, changed].map(({ asked }) => asked), [8, 0, 8]); // prettier-ignore
  assert.deepEqual([again, changed].map(({ run: { evaluators } }) => evaluators[0]!.mean!.estimate), [1, 0]); // prettier-ignore
});

test("how often a comparing judge goes by the place is said, and where it said nothing it is asked again", async () => {
  const journal = newJournal();
  const pairwise = { evaluators: [{ type: "pairwise", model: "judge", rubric: "Better." }] };
  let isSilent = true;
  const say: Say = (name, text) => {
    if (name !== "judge") return `${name} ${lastWord(name, text)}`;
    if (isSilent && /word0\n/.test(text)) return "neither";
    return /word[01234]\n/.test(text) ? "A" : /<<<ANSWER-A\nm /.test(text) ? "A" : "B";
  };
  const { run: first } = await run(say, pairwise, { journal, against: "n" });
  const { failures, position } = first.evaluators[0]!;
  assert.deepEqual([failures, position!.pairs, position!.first_preferred!.estimate], [1, 7, 1]);
  assert.equal(position!.consistent.estimate, 3 / 7);
  assert.match(terminalReport(first).join("\n"), /of 7 pairs the judge said the same in both orders of 42.9 %/);
  isSilent = false;
  const second = await run(say, pairwise, { journal, against: "n" });
  assert.deepEqual([second.asked, second.run.evaluators[0]!.position!.pairs], [2, 8]);
});

test("no more is asked in a minute than was said", async () => {
  const began = Date.now();
  await run(lastWord, { evaluators: [{ type: "exact" }] }, { perMinute: 1200 });
  assert.ok(Date.now() - began >= 7 * 50 - 7, "eight requests, fifty milliseconds apart");
});

test("several runs are one document of JUnit's XML", async () => {
  const one = await run(lastWord, { evaluators: [{ type: "exact" }], gate: { exact: { atLeast: 1 } } });
  const xml = junitReport([one, one]);
  assert.equal(xml.match(/<\?xml/g)!.length, 1);
  assert.equal(xml.match(/<testsuite /g)!.length, 2);
  assert.match(xml, /<testsuites name="flywheel eval" tests="2" failures="0">/);
});
