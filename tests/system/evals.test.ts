import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { EvalRun, EvalRunDetail, EvalRunList, Generation } from "@flywheel/protocol";
import { type ScriptedModel, startModel } from "../../packages/evals/test/scripted-model.ts";
import { flywheel as run } from "./command.ts";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "./flywheel.ts";

const EVAL = `import { defineEval } from "flywheel";
export default defineEval({
  dataset: Array.from({ length: 12 }, (_, i) => ({ id: "r" + i, input: "say word" + i, expected: "word" + i })),
  model: "scripted/good",
  evaluators: [{ type: "exact" }, { type: "code", name: "short", score: ({ output }) => output.length < 8 }],
  gate: { exact: { atLeast: 0.9 } },
});
`;

/** Three of four answers are right; the judge praises half of the wrong ones, too. */
const JUDGED = `import { defineEval } from "flywheel";
export default defineEval({
  dataset: Array.from({ length: 60 }, (_, i) => ({ id: "r" + i, input: "say word" + i })),
  model: "scripted/often",
  evaluators: [{ type: "judge", model: "scripted/lenient", rubric: "Is it the word?", labels: "evals/judged.labels.jsonl" }],
  gate: { judge: { atLeast: 0.6 } },
});
`;
/** The judge answers every question with "no". */
const NONSENSE = `import { defineEval } from "flywheel";
export default defineEval({
  dataset: [{ input: "say word2" }, { input: "say word3" }],
  model: "scripted/good",
  evaluators: [{ type: "judge", model: "scripted/bad", rubric: "Is it the word?" }],
  gate: { judge: { atLeast: 0 } },
});
`;
const LABELS = "evals/judged.labels.jsonl";

/** What the scripted models say. */
function say(model: string, text: string): string {
  const word = text.split(" ").at(-1)!;
  if (model === "lenient") return /ANSWER\n(word|no\d*[02468]\n)/.test(text) ? "10" : "0";
  if (model === "often") return Number(word.slice(4)) % 4 === 3 ? `no${Math.floor(Number(word.slice(4)) / 4)}` : word;
  return model === "good" && !/[01]$/.test(text) ? word : "no";
}

let provider: ScriptedModel;
let flywheel: Flywheel;
let projectDir: string;

before(async () => {
  provider = await startModel(say);
  projectDir = temporaryFolder("project");
  mkdirSync(join(projectDir, "evals"));
  writeFileSync(join(projectDir, "evals/words.eval.ts"), EVAL);
  writeFileSync(join(projectDir, "evals/judged.eval.ts"), JUDGED);
  writeFileSync(join(projectDir, "evals/nonsense.eval.ts"), NONSENSE);
  writeFileSync(join(projectDir, "flywheel.config.ts"), `export default { providers: { scripted: { baseUrl: "${provider.url}" } } };\n`); // prettier-ignore
  flywheel = await startFlywheel({ projectDir });
});
after(async () => {
  await flywheel.stop();
  provider.close();
  removeFolder(flywheel.dataDir);
});

const evaluate = (...args: string[]) => evaluateOne("words", ...args);
const evaluateOne = (...args: string[]) => run(["eval", ...args, "--cwd", projectDir, "--data", flywheel.dataDir]);

describe("flywheel eval", () => {
  test("says beforehand what it would ask and could find, and asks nothing then", async () => {
    const { code, stdout, stderr } = await evaluate("--dry-run", "--against", "scripted/bad");
    equal(code, 0, stderr);
    match(stdout, /answers: 12 calls of scripted\/bad\b[^]*answers: 12 calls of scripted\/good\b/);
    match(stdout, /two models on these rows: a difference of \d+\.\d points is found in 80 % of the cases; 5\.0 points take 626 rows/); // prettier-ignore
    match(stdout, /cost of the answers: not known/);
    equal(provider.asked.length, 0);
  });

  test("ends with 4 where the gate is not met; its run is served with the generation of every score", async () => {
    const junit = join(projectDir, "results.xml");
    const { code, stdout, stderr } = await evaluate("--against", "scripted/bad", "--json", "--junit", junit);
    equal(code, 4, stderr);
    const told = JSON.parse(stdout) as EvalRun;
    const { data, damaged } = await flywheel.api<EvalRunList>("/api/evals");
    deepEqual([data, damaged], [[told], []]); // prettier-ignore
    const { scores, damaged_scores, ...served } = await flywheel.api<EvalRunDetail>(`/api/evals/${told.id}`);
    deepEqual(served, told);
    deepEqual([scores.length, damaged_scores], [24, 0]); // prettier-ignore
    const lost = scores.find(({ example, evaluator }) => example === "r0" && evaluator === "exact")!;
    deepEqual([lost.score, lost.detail, lost.baseline?.score], [0, "expected word0", 0]); // prettier-ignore
    for (const id of [lost.generation_id, lost.baseline!.generation_id])
      await eventually(
        () => flywheel.api<Generation>(`/api/generations/${id}`).catch(() => undefined),
        "the generation",
      );
    ok(told.comparison!.difference.low! > 0.2);
    equal(told.gate.checks[0]!.detail, "0.667");
    match(readFileSync(junit, "utf8"), /<failure message="0\.667"\/>/);
    const listed = await run(["evals", "show", told.id, "--data", flywheel.dataDir]);
    match(listed.stdout, /r0 {2}exact {2}0 {2}expected word0 {2}gen_/);
  });

  test("lets nothing through on the word of a judge who talks nonsense, and says so", async () => {
    const { code, stdout, stderr } = await evaluateOne("nonsense");
    equal(code, 4, stderr);
    match(stdout, /judge +nothing scored {2}n 0 {2}2 could not be scored/);
    match(stdout, /gate: judge at least 0: NOT MET \(nothing was scored\)/);
  });

  test("writes out answers for a person to score, who then decides in place of the judge", async () => {
    const first = await evaluateOne("judged", "--label", "24", "--json");
    equal(first.code, 4, first.stderr);
    match(first.stderr, /24 answers are added to evals\/judged\.labels\.jsonl/);
    const unlabelled = JSON.parse(first.stdout) as EvalRun;
    match(unlabelled.gate.checks[0]!.detail, /^what people would say is not known: no answer of this run was chosen/);
    const path = join(projectDir, LABELS);
    const open = readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line) as { output: string; score: null }); // prettier-ignore
    ok(open.length === 24 && open.every(({ score }) => score === null));
    const labelled = open.map((label) => ({ ...label, score: label.output.startsWith("word") ? 1 : 0 }));
    writeFileSync(path, labelled.map((label) => JSON.stringify(label)).join("\n"));
    const markdown = join(projectDir, "results.md");
    const second = await evaluateOne("judged", "--markdown", markdown);
    match(second.stdout, /judge +8\d\.\d % .*\n +people: \d\d\.\d % \(\d\d\.\d % to \d\d\.\d %\) from 24 labels, with the judge worth \d+; judge − people/); // prettier-ignore
    match(readFileSync(markdown, "utf8"), /\| judge, by people \| \d\d\.\d % .* \| 24 labels \|/);
    const { data } = await flywheel.api<EvalRunList>("/api/evals");
    const { mean, human } = data[0]!.evaluators[0]!;
    ok(human!.mean!.low! < 0.75 && 0.75 < human!.mean!.high! && human!.mean!.estimate < mean!.estimate);
    match(data[0]!.gate.checks[0]!.detail, /, by 24 human labels$/);
  });
});
