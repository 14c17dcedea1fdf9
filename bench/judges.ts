// Judges and paraphrases that others recorded, through our statistics: npm run bench -- judges [--draws 2000] [--write]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createProgress } from "../apps/cli/src/progress.ts";
import {
  bradleyTerry, clusteredMean, cohensKappa, createRandom, type Interval, pairedDifference, positionBias,
  predictionPoweredMean, type Random, variabilityOfMeans, verdictScore,
} from "../packages/evals/src/index.ts"; // prettier-ignore
import { type ParaphrasedTask, readParaphrasedTasks } from "../packages/evals/test/paraphrases.ts";
import { judgeContests, type JudgedPair, type JudgeRecords, readJudgeRecords, type RecordedJudge, rightness } from "../packages/evals/test/recorded-judges.ts"; // prettier-ignore
import { sharedData } from "../tests/recordings/shared-data.ts";

const PAGE = new URL("../docs/reference/judges.md", import.meta.url);
const { values } = parseArgs({
  options: {
    draws: { type: "string", default: "2000" },
    seed: { type: "string", default: "20261123" },
    write: { type: "boolean", default: false },
  },
});
const DRAWS = Number(values.draws);
const progress = createProgress();

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const range = ({ estimate, low, high }: Interval) => `${percent(estimate)} (${percent(low)} to ${percent(high)})`;
const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
const holds = ({ low, high }: Interval, truth: number) => low <= truth && truth <= high;
const drawn = <T>(random: Random, from: readonly T[], count: number): T[] =>
  Array.from({ length: count }, () => from[random.below(from.length)]!);
const table = (head: string[], rows: (string | number)[][]) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);

const folders = [sharedData("judge-preferences"), sharedData("prompt-variability")] as const;
if (!folders[0] || !folders[1]) {
  console.error("The recorded verdicts and paraphrases are not here; FLYWHEEL_TEST_DATA says where.");
  process.exit(1);
}
const records = readJudgeRecords(folders[0]);
const tasks = readParaphrasedTasks(folders[1]);
/** Asked about every pair. */
const everywhere = records.judges.filter(({ verdicts }) => verdicts.length === records.pairs.length);

/** Which of the authors' counts come out of our functions: all pairs of a subset are here but for MT-bench's. */
function publishedSame({ judges, published }: JudgeRecords): { counts: number; same: number; partial: string } {
  let [counts, same, partial, inside] = [0, 0, 0, 0];
  for (const { subset, judge, prompt, right, rightInBoth, same: agreeing, pairs } of published) {
    const one = judges.find((some) => some.model === judge && some.prompt === prompt)!;
    const verdicts = one.verdicts.filter(({ pair }) => pair.subset === subset);
    const scores = verdicts.map(({ pair, both }) => rightness(pair, both));
    if (verdicts.length < pairs) {
      partial++;
      if (holds(clusteredMean(scores), right)) inside++;
      continue;
    }
    const bias = positionBias(verdicts.map(({ both }) => both));
    const consistent = Math.round(bias.consistent.estimate * bias.pairs);
    // The authors count two verdicts that are missing as the same.
    const both = verdicts.filter(({ both }) => both.asIs === null && both.swapped === null).length;
    const checks = [Math.abs(mean(scores) - right) < 1e-12, scores.filter((score) => score === 1).length === rightInBoth, consistent + both === agreeing]; // prettier-ignore
    counts += checks.length;
    same += checks.filter(Boolean).length;
  }
  return { counts, same, partial: `${inside} of ${partial}` };
}

function agreementRow({ model, prompt, verdicts }: RecordedJudge): string[] {
  const bias = positionBias(verdicts.map(({ both }) => both));
  const said = verdicts.flatMap(({ pair, both }) =>
    [both.asIs, both.swapped].flatMap((verdict) => (verdict === null ? [] : [[String(pair.human), String(verdict)]])),
  );
  return [
    model,
    prompt,
    String(verdicts.length),
    range(clusteredMean(verdicts.map(({ pair, both }) => rightness(pair, both)))),
    cohensKappa(said.map(([human]) => human!), said.map(([, judge]) => judge!)).toFixed(2), // prettier-ignore
    range(bias.consistent),
    bias.firstPreferred ? range(bias.firstPreferred) : "–",
    String(bias.failures),
  ];
}

/** Judges as contestants, and whether intervals of fewer pairs hold what all pairs say. */
function ranking(random: Random) {
  const whole = bradleyTerry(judgeContests(everywhere, records.pairs));
  const [first, second] = whole.strengths as [(typeof whole.strengths)[0], (typeof whole.strengths)[0]];
  const last = whole.strengths.at(-1)!;
  const between = [[first.name, second.name], [first.name, last.name]] as [string, string][]; // prettier-ignore
  const held = { clustered: 0, naive: 0 };
  const times = Math.ceil(DRAWS / 5);
  for (let i = 0; i < times; i++) {
    const contests = judgeContests(everywhere, drawn(random, records.pairs, 150));
    const fits = {
      clustered: bradleyTerry(contests),
      naive: bradleyTerry(contests.map(({ cluster: _, ...one }) => one)),
    };
    for (const [a, b] of between)
      for (const kind of ["clustered", "naive"] as const)
        if (holds(fits[kind].difference(a, b), whole.difference(a, b).estimate)) held[kind]++;
    progress.at((0.4 * i) / times, "ranking");
  }
  const rows = whole.strengths.map(({ name, estimate, low, high, rank }) => {
    const { verdicts } = everywhere.find((judge) => judge.name === name)!;
    const right = mean(verdicts.map(({ pair, both }) => rightness(pair, both)));
    return [rank, name, `${estimate.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`, percent(right)];
  });
  return { rows, clustered: held.clustered / (2 * times), naive: held.naive / (2 * times), times };
}

interface Scored {
  human: number;
  judge: number;
}

/** Whether people prefer the longer answer: what the judge alone, labels alone, and both together say of it. */
function fewLabels(random: Random, judge: RecordedJudge, labels: number) {
  const preferred = (pair: JudgedPair, score: number) => (pair.longer === 2 ? score : 1 - score);
  const all = judge.verdicts.map(({ pair, both }): Scored => ({ human: Number(pair.human === pair.longer), judge: preferred(pair, verdictScore(both) ?? 0.5) })); // prettier-ignore
  const truth = mean(all.map(({ human }) => human));
  const kinds = { judge: { held: 0, width: 0 }, labels: { held: 0, width: 0 }, both: { held: 0, width: 0 } };
  let effective = 0;
  for (let i = 0; i < DRAWS; i++) {
    const rows = drawn(random, all, 300);
    const [known, others] = [rows.slice(0, labels), rows.slice(labels)];
    const powered = predictionPoweredMean(known.map(({ human }) => human), known.map((one) => one.judge), others.map((one) => one.judge)); // prettier-ignore
    effective += powered.effectiveLabels / DRAWS;
    const intervals = { judge: clusteredMean(rows.map((one) => one.judge)), labels: clusteredMean(known.map(({ human }) => human)), both: powered }; // prettier-ignore
    for (const kind of ["judge", "labels", "both"] as const) {
      kinds[kind].held += Number(holds(intervals[kind], truth)) / DRAWS;
      kinds[kind].width += (intervals[kind].high - intervals[kind].low) / DRAWS;
    }
  }
  return { ...kinds, effective, said: mean(all.map((one) => one.judge)), truth };
}

function labelRows(random: Random, labels: number): string[][] {
  return everywhere.map((judge, at) => {
    progress.at(0.4 + (0.4 * at) / everywhere.length, "few labels");
    const { judge: alone, labels: only, both, effective, said } = fewLabels(random, judge, labels);
    const cell = ({ held, width }: { held: number; width: number }) => `${percent(held)}, ${(100 * width).toFixed(1)}`;
    return [judge.name, percent(said), cell(alone), cell(only), cell(both), effective.toFixed(0)];
  });
}

const accuracies = ({ paraphrases }: ParaphrasedTask, model: string) =>
  paraphrases.map(({ accuracies: by }) => by[model]!);
const models = Object.keys(tasks[0]!.paraphrases[0]!.accuracies);
/** The evaluations behind the shares had about as many. */
const ROWS = 100;

function modelRow(model: string): (string | number)[] {
  const found = tasks.map((task) => {
    const all = accuracies(task, model);
    const { mean: over, min, max, deviation } = variabilityOfMeans(all.map((share, i) => ({ name: String(i), mean: share })), ROWS); // prettier-ignore
    return { over: over.estimate, spread: max - min, deviation, own: Math.abs(all[0]! - over.estimate) };
  });
  const average = (name: keyof (typeof found)[0]) => percent(mean(found.map((one) => one[name])));
  return [model, average("over"), average("spread"), average("deviation"), average("own"), percent(Math.max(...found.map(({ own }) => own)))]; // prettier-ignore
}

const pairsOf = (names: readonly string[]) =>
  names.flatMap((first, i) => names.slice(i + 1).map((second) => [first, second] as const));

/** Of the ways to put a task, the share in which two models stand the other way round than on average. */
function flips(task: ParaphrasedTask): number[] {
  return pairsOf(models).map(([first, second]) => {
    const ahead = task.paraphrases.map(({ accuracies: by }) => by[first]! - by[second]!);
    const direction = Math.sign(mean(ahead));
    return ahead.filter((one) => Math.sign(one) === -direction && direction !== 0).length / ahead.length;
  });
}

function taskRow(task: ParaphrasedTask): (string | number)[] {
  const shares = flips(task);
  const above = (least: number) => percent(shares.filter((share) => share >= least).length / shares.length);
  return [task.task, task.paraphrases.length, percent(mean(shares)), above(0.1), above(0.3)];
}

/** Two models compared on a task by so many of its paraphrases: is the mean over all of them in the interval? */
function compared(random: Random, count: number) {
  const rounds = Math.ceil(DRAWS / 100);
  let [tries, held, sure, wrong] = [0, 0, 0, 0];
  for (const task of tasks)
    for (const [first, second] of pairsOf(models)) {
      const [a, b] = [accuracies(task, first), accuracies(task, second)];
      const truth = mean(b) - mean(a);
      for (let round = 0; round < rounds; round++) {
        const picks = Array.from({ length: count }, () => random.below(a.length));
        const interval = count === 1 ? twoShares(a[picks[0]!]!, b[picks[0]!]!) : pairedDifference(picks.map((i) => a[i]!), picks.map((i) => b[i]!)); // prettier-ignore
        tries++;
        if (holds(interval, truth)) held++;
        if (!holds(interval, 0)) sure++;
        if ((interval.low > 0 && truth < 0) || (interval.high < 0 && truth > 0)) wrong++;
      }
    }
  return [count === 1 ? "1, with the usual interval of two shares" : String(count), percent(held / tries), percent(sure / tries), percent(wrong / sure)]; // prettier-ignore
}

/** As most evaluations do: one way to ask, and an interval that knows of rows only. */
function twoShares(first: number, second: number): Interval {
  const reach = 1.96 * Math.sqrt((first * (1 - first) + second * (1 - second)) / ROWS);
  return { estimate: second - first, low: second - first - reach, high: second - first + reach, level: 0.95 };
}

const random = createRandom(Number(values.seed));
const { counts, same, partial } = publishedSame(records);
const bt = ranking(random);
const people = fewLabels(random, everywhere[0]!, 50).truth;
const labelTable = labelRows(random, 50);
const comparisons = [1, 5, 10, 20].map((count) => {
  progress.at(0.8 + count / 100, "paraphrases");
  return compared(random, count);
});
progress.end();

const page = [
  "# Judges and paraphrases of others",
  "",
  "<!-- Written by `npm run bench -- judges --write`. -->",
  "",
  "What people, judging models and paraphrased prompts said in other people's experiments, through the functions of",
  "`packages/evals`. The rows are LLMBar's (Zeng et al. 2024) with MT-bench's human votes (Zheng et al. 2023), and",
  "LMentry's under many prompts (Mizrahi et al. 2024); they are test data and not part of Flywheel.",
  "",
  "## Judges beside people",
  "",
  `Of ${counts} figures that LLMBar's authors published for the subsets that are here whole, **${same}** come out the same, to the`,
  "last digit: how often a judge is right over both orders, right in both, and of the same mind in both. Of MT-bench there",
  `are 108 of 200 pairs: the published share lies in our 95 % interval in ${partial} cases. The authors count two missing`,
  "verdicts as agreement; we count them as failures.",
  "",
  ...table(
    [
      "judge",
      "prompt",
      "pairs",
      "right, over both orders",
      "κ with people",
      "same verdict in both orders",
      "of the others, for what stood first",
      "failures",
    ],
    records.judges.map(agreementRow),
  ),
  "",
  "κ is agreement beyond chance. A judge that goes by the place shows in the last share: 50 % is none.",
  "",
  "## Which judge is best",
  "",
  "Bradley–Terry over judges: of two, the one that was more often right about a pair, as a person saw it, wins there. (The",
  "rows do not say which models wrote the answers, so those cannot be ranked.) A rank is 1 + how many are surely stronger.",
  "",
  ...table(["rank", "judge", "strength (95 % interval)", "right"], bt.rows),
  "",
  `Of ${bt.times} draws of 150 pairs, the interval of the difference between first and second, and first and last, held what all`,
  `${records.pairs.length} pairs say in **${percent(bt.clustered)}**; with each of a pair's 28 contests as if it stood alone in ${percent(bt.naive)}.`,
  "",
  "## A judge and 50 labels",
  "",
  `How often do people prefer the longer answer? In ${percent(people)} of the ${records.pairs.length} pairs. Most judges like length better than people do. ${DRAWS.toLocaleString("en")} draws`,
  "of 300 pairs, 50 of them with the person's label: how often each 95 % interval held the truth, and its mean width in points.",
  "",
  ...table(
    [
      "judge",
      "it prefers the longer",
      "judge alone",
      "50 labels alone",
      "both (prediction-powered)",
      "worth as many labels",
    ],
    labelTable,
  ),
  "",
  "## One prompt or many",
  "",
  `${models.length} models, ${tasks.length} tasks, ${tasks.reduce((sum, { paraphrases }) => sum + paraphrases.length, 0).toLocaleString("en")} paraphrases that a person found to mean the same. Averages over the tasks, in points of`,
  "accuracy; the deviation is between prompts, what chance makes of 100 rows taken away.",
  "",
  ...table(
    ["model", "mean", "best less worst prompt", "deviation", "benchmark's own prompt off by", "at worst"],
    models.map(modelRow),
  ),
  "",
  "How often two models stand the other way round than on average over all paraphrases:",
  "",
  ...table(
    ["task", "paraphrases", "mean share of flips", "pairs of models flipped by ≥ 10 % of the prompts", "by ≥ 30 %"],
    tasks.map(taskRow),
  ),
  "",
  "What a comparison by few prompts says of the mean over all prompts, over all tasks and pairs of models:",
  "",
  ...table(
    ["prompts", "95 % interval held the truth", "says that one is better", "of these, the wrong one"],
    comparisons,
  ),
  "",
  `\`npm run bench -- judges --write\`, ${DRAWS.toLocaleString("en")} draws, seed ${values.seed}.`,
  "",
].join("\n");
if (values.write) writeFileSync(PAGE, page);
else console.log(page);
if (same < counts) process.exitCode = 1;
