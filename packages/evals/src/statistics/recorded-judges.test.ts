import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedData } from "../../../../tests/recordings/shared-data.ts";
import { judgeContests, readJudgeRecords, rightness } from "../../test/recorded-judges.ts";
import { bradleyTerry, clusteredMean, createRandom, type Interval, positionBias, predictionPoweredMean, verdictScore } from "./index.ts"; // prettier-ignore

const folder = sharedData("judge-preferences");
const skip = folder === undefined && "judge-preferences of the test data is not here (FLYWHEEL_TEST_DATA)";
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const holds = ({ low, high }: Interval, truth: number) => low <= truth && truth <= high;

test("what LLMBar's authors counted of their judges comes out of our functions", { skip }, () => {
  const { judges, published } = readJudgeRecords(folder!);
  let compared = 0;
  for (const { subset, judge, prompt, right, rightInBoth, same, pairs } of published) {
    const one = judges.find((some) => some.model === judge && some.prompt === prompt)!;
    const verdicts = one.verdicts.filter(({ pair }) => pair.subset === subset);
    const scores = verdicts.map(({ pair, both }) => rightness(pair, both));
    const place = `${subset}, ${one.name}`;
    if (verdicts.length < pairs) {
      assert.ok(holds(clusteredMean(scores), right), `${place}: of all pairs in the interval of half of them`);
      continue;
    }
    compared++;
    const bias = positionBias(verdicts.map(({ both }) => both));
    const silent = verdicts.filter(({ both }) => both.asIs === null && both.swapped === null).length;
    assert.ok(Math.abs(mean(scores) - right) < 1e-12, place);
    assert.equal(scores.filter((score) => score === 1).length, rightInBoth, place);
    assert.equal(Math.round(bias.consistent.estimate * bias.pairs) + silent, same, `${place}: they count silence as agreement`); // prettier-ignore
  }
  assert.equal(compared, 36);
});

test("recorded judges are ranked by who is right more often, GPT-4 surely above the others", { skip }, () => {
  const { judges, pairs } = readJudgeRecords(folder!);
  const everywhere = judges.filter(({ verdicts }) => verdicts.length === pairs.length);
  const { strengths } = bradleyTerry(judgeContests(everywhere, pairs));
  assert.deepEqual(strengths.map(({ rank }) => rank).slice(0, 3), [1, 1, 3]);
  assert.ok(strengths[0]!.name.startsWith("GPT-4") && strengths[1]!.name.startsWith("GPT-4"));
});

test("fifty labels make a judge that likes length honest", { skip }, () => {
  const { judges } = readJudgeRecords(folder!);
  const judge = judges.find(({ name }) => name === "GPT-4 Vanilla_NoRules")!;
  const rows = judge.verdicts.map(({ pair, both }) => {
    const score = verdictScore(both) ?? 0.5;
    return { human: Number(pair.human === pair.longer), judge: pair.longer === 2 ? score : 1 - score };
  });
  const truth = mean(rows.map(({ human }) => human));
  const random = createRandom(7);
  let [both, alone, narrower] = [0, 0, 0];
  for (let i = 0; i < 400; i++) {
    const drawn = Array.from({ length: 300 }, () => rows[random.below(rows.length)]!);
    const labels = drawn.slice(0, 50).map(({ human }) => human);
    const said = drawn.map((row) => row.judge);
    const powered = predictionPoweredMean(labels, said.slice(0, 50), said.slice(50));
    const only = clusteredMean(labels);
    if (holds(powered, truth)) both++;
    if (holds(clusteredMean(said), truth)) alone++;
    if (powered.high - powered.low < only.high - only.low) narrower++;
  }
  assert.ok(both / 400 > 0.92 && both / 400 < 0.985, `${both} of 400`);
  assert.ok(alone / 400 < 0.6 && narrower > 380, `${alone} held by the judge alone, ${narrower} narrower than labels`);
});
