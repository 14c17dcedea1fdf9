import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { EvalPower } from "@flywheel/protocol";
import { type ScriptedModel, startModel } from "../../test/scripted-model.ts";
import { junitReport } from "../report/junit.ts";
import { markdownReport } from "../report/markdown.ts";
import { planLines } from "../report/plan.ts";
import { terminalReport } from "../report/terminal.ts";
import { readDefinition } from "./definition.ts";
import { readExamples } from "./examples.ts";
import { openJournal } from "./journal.ts";
import { createModelApi } from "./model-api.ts";
import { planRun } from "./plan.ts";
import { runEval, type RunInput, type RunResult } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "flywheel-evals-"));
const models: ScriptedModel[] = [];
after(() => {
  models.forEach((model) => model.close());
  rmSync(folder, { recursive: true });
});

async function model(say: Parameters<typeof startModel>[0]): Promise<ScriptedModel> {
  const started = await startModel(say);
  models.push(started);
  return started;
}

let files = 0;
const newPath = () => join(folder, `${++files}.jsonl`);

interface Given extends Partial<Omit<RunInput, "definition">> {
  path?: string;
}

function run({ url }: ScriptedModel, definition: Record<string, unknown>, given: Given = {}): Promise<RunResult> {
  const signal = given.signal ?? new AbortController().signal;
  const read = readDefinition({ kind: "eval", ...definition }, "evals/a.eval.ts");
  return runEval({
    name: "a",
    definition: read,
    examples: readExamples(read.dataset as unknown[], "rows"),
    model: read.model,
    against: undefined,
    variants: false,
    api: createModelApi({ url, key: "k" }, signal),
    journal: openJournal(given.path ?? newPath()),
    prompt: undefined,
    callCode: async () => [],
    behind: {},
    costOf: async () => null,
    concurrency: 3,
    signal,
    onProgress() {},
    ...given,
  });
}

/** The model's answer is the input's last word; one that ends in a digit it gets wrong. */
const lastWord = (_: string, text: string) => (/\d$/.test(text) ? "wrong" : text.split(" ").at(-1)!);
const rows = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: `r${i}`,
    input: i % 4 === 3 ? `say ${i}` : `say word${"x".repeat(i)}`,
    expected: i % 4 === 3 ? `${i}` : `word${"x".repeat(i)}`,
    slices: [i % 2 ? "odd" : "even"],
  }));

test("a run scores every row, with an interval, by slice", async () => {
  const { run: result, scores } = await run(await model(lastWord), { dataset: rows(40), evaluators: [{ type: "exact" }] }); // prettier-ignore
  const [exact] = result.evaluators;
  assert.deepEqual([exact!.scored, exact!.failures, exact!.mean!.estimate], [40, 0, 0.75]);
  assert.ok(exact!.mean!.low! > 0.59 && exact!.mean!.low! < 0.6, "Wilson's");
  assert.deepEqual([exact!.slices["odd"]!.estimate, exact!.slices["even"]!.estimate], [0.5, 1]);
  assert.deepEqual(scores.find(({ example }) => example === "r3")!.detail, "expected 3");
  assert.deepEqual([result.rows, result.users, result.reused, result.gate.passed], [40, 40, 0, true]);
});

test("what was answered is not asked again, also where the journal was cut off in a line", async () => {
  const upstream = await model(lastWord);
  const [path, stop] = [newPath(), new AbortController()];
  const definition = { dataset: rows(30), evaluators: [{ type: "exact" }] };
  const onProgress = (share: number) => share > 0.5 && stop.abort();
  await assert.rejects(run(upstream, definition, { path, signal: stop.signal, onProgress }), { name: "AbortError" });
  const before = upstream.asked.length;
  assert.ok(before >= 15 && before < 30, `${before} asked`);
  appendFileSync(path, '["answer half');
  const { run: second } = await run(upstream, definition, { path });
  assert.ok(second.reused >= 15 && second.reused < 30);
  assert.equal(second.evaluators[0]!.scored, 30);
  const asked = upstream.asked.length;
  assert.equal((await run(upstream, definition, { path })).run.reused, 30);
  assert.equal(upstream.asked.length, asked, "all of it is known");
  assert.ok(!readFileSync(path, "utf8").includes("half"));
});

test("a provider that is busy is waited for; one that refuses is a row without answer, which is wrong", async () => {
  const upstream = await model((name, text) => (text.endsWith("xx") ? undefined : lastWord(name, text)));
  upstream.busy = 6;
  const { run: result } = await run(upstream, { dataset: rows(8), evaluators: [{ type: "exact" }] });
  assert.deepEqual([result.unanswered, result.evaluators[0]!.scored], [4, 8]);
  assert.ok(terminalReport(result).includes("4 rows were not answered and count as wrong"));
});

test("a gate asks for the mean or for the low end of its interval", async () => {
  const upstream = await model(lastWord);
  const gated = async (gate: object) =>
    (await run(upstream, { dataset: rows(40), evaluators: [{ type: "exact" }], gate })).run.gate;
  assert.equal((await gated({ exact: { atLeast: 0.7 } })).passed, true);
  const surely = await gated({ exact: { atLeast: 0.7, lowerBound: true } });
  assert.equal(surely.passed, false);
  assert.match(surely.checks[0]!.rule, /surely at least 0.7/);
  assert.match((await gated({ noWorseThan: "baseline" })).checks[0]!.detail, /--against/);
});

test("two models are compared on the same rows", async () => {
  const upstream = await model((name, text) => (name === "good" ? text.split(" ").at(-1)! : lastWord(name, text)));
  const definition = { dataset: rows(40), model: "good", evaluators: [{ type: "exact" }], gate: { noWorseThan: "baseline" } }; // prettier-ignore
  const { run: better } = await run(upstream, definition, { against: "bad" });
  const { baseline, candidate, difference, p } = better.comparison!;
  assert.deepEqual([baseline, candidate, difference.estimate], [0.75, 1, 0.25]);
  assert.ok(difference.low! > 0.1 && p! < 0.01 && better.gate.passed);
  const { run: worse } = await run(upstream, { ...definition, model: "bad" }, { against: "good" });
  assert.equal(worse.gate.passed, false);
});

test("a judge that answers nonsense or fails is counted and is no score", async () => {
  const upstream = await model((name, text) => {
    if (name !== "judge") return lastWord(name, text);
    return text.includes("wordxx\n") ? "I cannot say, maybe 5 or 7" : text.includes("wordx\n") ? undefined : "8/10";
  });
  const judging = { type: "judge", model: "judge", rubric: "Is it right?" };
  const { run: result } = await run(upstream, { dataset: rows(8), evaluators: [judging] });
  const [{ scored, failures, mean }] = result.evaluators as [(typeof result.evaluators)[0]];
  assert.deepEqual([scored, failures, mean!.estimate.toFixed(6)], [6, 2, "0.800000"]);
});

test("a pair is judged in both orders, and a judge that goes by the place is a tie", async () => {
  const upstream = await model((name, text) => {
    if (name === "first") return "A";
    if (name === "long") return /<<<ANSWER-A\n(.*)\n/.exec(text)![1]!.length > /<<<ANSWER-B\n(.*)\n/.exec(text)![1]!.length ? "A" : "B"; // prettier-ignore
    return name === "verbose" ? `${lastWord(name, text)} indeed` : lastWord(name, text);
  });
  const pair = (judge: string) => ({ dataset: rows(8), model: "verbose", evaluators: [{ type: "pairwise", model: judge, rubric: "Longer." }] }); // prettier-ignore
  const meanOf = async (judge: string) =>
    (await run(upstream, pair(judge), { against: "short" })).run.evaluators[0]!.mean!.estimate;
  assert.equal(await meanOf("first"), 0.5);
  assert.equal(await meanOf("long"), 1);
});

test("code, patterns, numbers, fields, likeness and time have their say", async () => {
  const upstream = await model(() => '```json\n{"queue":"cards","urgency":2}\n```');
  const expected = { queue: "cards", urgency: 3 };
  const evaluators = [
    { type: "json" },
    { type: "json", name: "queue", fields: ["queue"] },
    { type: "regex", pattern: { source: "CARDS", flags: "i" } },
    { type: "similarity", model: "embed", atLeast: 0.5 },
    { type: "latency", atMost: 60 },
    { type: "cost", atMost: 1 },
    { type: "code", score: {} },
  ];
  const callCode: RunInput["callCode"] = async (index, inputs) => {
    assert.equal(index, 6);
    return inputs.map((_, i) => (i === 0 ? { value: true } : i === 1 ? { value: 7 } : { error: "boom" }));
  };
  const dataset = Array.from({ length: 3 }, (_, i) => ({ input: `m${i}`, expected }));
  const { run: result } = await run(upstream, { dataset, evaluators }, { callCode });
  const means = Object.fromEntries(result.evaluators.map(({ name, mean, failures }) => [name, [mean?.estimate ?? null, failures]])); // prettier-ignore
  assert.deepEqual(means, { json: [0.5, 0], queue: [1, 0], regex: [1, 0], similarity: [1, 0], latency: [1, 0], cost: [null, 3], code: [1, 2] }); // prettier-ignore
});

test("numbers are found in words, with tolerance", async () => {
  const upstream = await model((_, text) => text);
  const dataset = [
    { input: "about 1,250.5 dollars", expected: 1250 },
    { input: "-3", expected: 3 },
    { input: "none", expected: 1 },
  ];
  const { run: result } = await run(upstream, { dataset, evaluators: [{ type: "number", tolerance: 0.5 }] });
  assert.equal(result.evaluators[0]!.mean!.estimate, 1 / 3);
});

test("rows of one user are one voice: the interval knows it", async () => {
  const dataset = rows(40).map((row, i) => ({ ...row, user: `u${i % 4}` }));
  const { run: result } = await run(await model(lastWord), { dataset, evaluators: [{ type: "exact" }] });
  assert.equal(result.users, 4);
  const { low, high } = result.evaluators[0]!.mean!;
  assert.ok(low! < 0.2 && high! > 0.95, "one of four users is always wrong, the others never");
});

test("asking in other ways shows how much the way matters", async () => {
  const upstream = await model((_, text) => (text === text.toLowerCase() ? "yes" : "no"));
  const dataset = Array.from({ length: 10 }, (_, i) => ({ input: `Question: is it ${i}?`, expected: "no" }));
  const { run: result } = await run(
    upstream,
    { dataset, evaluators: [{ type: "exact" }], paraphrases: ["ANSWER THIS: {input}", "please say: {input}"] },
    { variants: true },
  );
  const { variants, min, max, deviation, disagreement } = result.variability!;
  assert.deepEqual([min, max, variants.length], [0, 1, 13]);
  assert.equal(variants.find(({ name }) => name === "lower case")!.mean, 0);
  assert.ok(Math.abs(deviation - Math.sqrt(12 / 169 / 12 * 13)) < 1e-9 && Math.abs(disagreement.estimate - 12 / 78) < 1e-9); // prettier-ignore
});

test("where no way of asking differs, others still might: the interval is no point", async () => {
  const upstream = await model(() => "yes");
  const dataset = Array.from({ length: 10 }, (_, i) => ({ input: `is it ${i}?`, expected: "yes" }));
  const { run: result } = await run(upstream, { dataset, evaluators: [{ type: "exact" }] }, { variants: true });
  const { mean, disagreement } = result.variability!;
  assert.deepEqual([mean.estimate, mean.high, disagreement.estimate, disagreement.low], [1, 1, 0, 0]);
  assert.ok(mean.low! < 0.75 && disagreement.high! > 0.25 && disagreement.high! < 0.35);
});

test("reports escape what they quote", async () => {
  const dataset = [{ id: "a<b", input: "say <&>\u0007", expected: "x|y" }];
  const { run: result, scores } = await run(await model(lastWord), { dataset, evaluators: [{ type: "exact", name: "a|b" }], gate: { "a|b": { atLeast: 1 } } }); // prettier-ignore
  const xml = junitReport([{ run: result, scores }]);
  assert.match(xml, /failures="1"/);
  assert.match(xml, /a&lt;b a\|b: expected x\|y/);
  assert.ok(!xml.includes("\u0007"));
  assert.match(markdownReport(result), /\| a\\\|b \|/);
});

test("a definition says everything that is wrong with it", () => {
  const bad = { kind: "eval", dataset: 3, evaluators: [{ type: "exact" }, { type: "exact" }, { type: "regex" }, { type: "vibes" }], gate: { accuracy: {} } }; // prettier-ignore
  assert.throws(
    () => readDefinition(bad, "evals/x.eval.ts"),
    (error: Error) => {
      for (const part of [/`dataset` must be/, /called the same/, /regular expression/, /evaluator 4 has no type/, /`gate.accuracy`/]) assert.match(error.message, part); // prettier-ignore
      return error.message.split("\n").every((line) => line.startsWith("evals/x.eval.ts: "));
    },
  );
  assert.throws(() => readExamples([{ input: 1 }, {}], "rows"), /rows, row 2 has no `input`/);
});

test("what a run will ask and what it could find is known before anyone is asked", async () => {
  const upstream = await model(lastWord);
  const judging = { type: "judge", model: "judge", rubric: "Is it right?" };
  const definition = readDefinition(
    { kind: "eval", dataset: rows(40), model: "good", evaluators: [{ type: "exact" }, judging], paraphrases: ["Tell: {input}"], gate: { exact: { atLeast: 0.95, lowerBound: true } } },
    "evals/a.eval.ts",
  ); // prettier-ignore
  const path = newPath();
  await run(
    upstream,
    { ...definition, kind: "eval", model: "good", gate: {}, evaluators: [{ type: "exact" }] },
    { path },
  );
  const asked = upstream.asked.length;
  const examples = readExamples(definition.dataset as unknown[], "rows");
  const plan = await planRun({ name: "a", definition, examples, model: "good", against: "bad", variants: true, journal: openJournal(path), prompt: undefined, behind: {} }); // prettier-ignore
  assert.equal(upstream.asked.length, asked);
  const calls = plan.calls.map((call) => [call.model, call.purpose, call.calls, call.kept]);
  assert.deepEqual(calls[0], ["bad", "answers", 40, 0]);
  const ways = plan.calls[1]!.calls + plan.calls[1]!.kept;
  assert.ok(ways === 40 * 12 && plan.calls[1]!.kept >= 40, "as written, in ten formats, and a paraphrase");
  assert.deepEqual(calls.slice(2), [["judge", "judge", 40, 0]]);
  assert.deepEqual(plan.power.map(({ rule }) => rule), [null, "exact surely at least 0.95"]); // prettier-ignore
  const [difference, gate] = plan.power as [EvalPower, EvalPower];
  assert.ok(difference.difference! > 0.19 && difference.difference! < 0.25 && difference.needed > 600);
  assert.equal(gate.difference, null, "forty of forty are surely above 0.91 only");
  assert.match(
    planLines(plan).join("\n"),
    /never met in 80 % of the cases, however good; 5.0 points above take \d+ rows/,
  );
});
