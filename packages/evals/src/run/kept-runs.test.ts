import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type EvalRun, type EvalScore, newId } from "@flywheel/protocol";
import { evalRuns } from "./kept-runs.ts";

const folder = mkdtempSync(join(tmpdir(), "flywheel-runs-"));
after(() => rmSync(folder, { recursive: true }));

const runCalled = (name: string): EvalRun => ({
  id: newId("run"),
  name,
  created: Date.now(),
  model: "local/spark",
  rows: 2,
  users: 2,
  unanswered: 0,
  evaluators: [],
  comparison: null,
  variability: null,
  gate: { passed: true, checks: [] },
  power: [],
  reused: 0,
  seconds: 1,
});
const scores: EvalScore[] = ["a", "b"].map((example) => ({ example, evaluator: "exact", score: 1, detail: "ü".repeat(20_000), generation_id: `gen_${example}` })); // prettier-ignore

test("runs are listed newest first, and one is read with its scores", () => {
  const dataDir = join(folder, "whole");
  const runs = evalRuns(dataDir);
  assert.deepEqual(runs.list(), { data: [], damaged: [] });
  const [first, second] = [runCalled("x".repeat(40_000)), runCalled("second")];
  runs.add(first, scores);
  runs.add(second, []);
  assert.deepEqual(evalRuns(dataDir).list(), { data: [second, first], damaged: [] });
  assert.deepEqual(runs.find(first.id), { ...first, scores, damaged_scores: 0 });
  for (const id of [newId("run"), "run_x", "../../control", ""]) assert.throws(() => runs.find(id), { code: "not_found" }); // prettier-ignore
});

test("what is damaged or was cut off is named, and hides nothing else", () => {
  const dataDir = join(folder, "damaged");
  const runs = evalRuns(dataDir);
  const [good, cut, half, other] = ["good", "cut", "half", "other"].map(runCalled);
  for (const run of [good!, cut!, half!, other!]) runs.add(run, scores);
  const fileOf = ({ id }: EvalRun) => join(dataDir, "evals", "runs", `${id}.jsonl`);
  truncateSync(fileOf(cut!), readFileSync(fileOf(cut!)).length - 10);
  truncateSync(fileOf(half!), 30);
  writeFileSync(fileOf(other!), JSON.stringify(good));
  appendFileSync(`${fileOf(good!)}.new`, '{"id"');
  const { data, damaged } = runs.list();
  assert.deepEqual(data.map(({ name }) => name), ["cut", "good"]); // prettier-ignore
  assert.deepEqual(damaged, [`${other!.id}.jsonl`, `${half!.id}.jsonl`]);
  const { scores: left, damaged_scores } = runs.find(cut!.id);
  assert.deepEqual([left.length, damaged_scores], [1, 1]);
  assert.throws(() => runs.find(half!.id), /damaged/);
});
