import {
  bcaBootstrap, bernsteinSequence, bettingSequence, bradleyTerry, clopperPearson, clusteredMean, clusteredShare, type ConfidenceSequence,
  holm, type Interval, mcnemar, meanOfTotals, pairedDifference, pairedSequence, pairedShareDifference, predictionPoweredMean, type Random, wilson,
} from "../src/statistics/index.ts"; // prettier-ignore
import { measureVariability } from "../src/variability/measure.ts";
import { normalCdf } from "../src/statistics/numerics.ts";

/**
 * - `approximate`: covers in 93–97 % of all cases
 * - `exact`: covers in at least 95 %
 * - `sequence`: covers at all of 1,000 looks together in at least 95 %
 */
export type Promise95 = "approximate" | "exact" | "sequence";

/** One way to say how sure one is, and the way that people use without thinking. */
export interface CoverageCase {
  name: string;
  promise: Promise95;
  setting: string;
  naive: string;
  /** Simulations that are enough for the tests, where every second counts. */
  few: number;
  /** One simulated evaluation: whether each interval held the truth. */
  run(random: Random): { covered: boolean; naive: boolean };
}

const holds = ({ low, high }: Interval, truth: number) => low <= truth && truth <= high;
const times = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, i) => make(i));
const bit = (random: Random, chance: number): number => (random.uniform() < chance ? 1 : 0);

const USERS = 40;
const ROWS = 5;
const CLUSTERS = times(USERS * ROWS, (i) => Math.floor(i / ROWS));

/** Values of users whose rows correlate by 0.3, with mean 0. */
function clustered(random: Random): number[] {
  return times(USERS, () => Math.sqrt(0.3) * random.normal()).flatMap((user) =>
    times(ROWS, () => user + Math.sqrt(0.7) * random.normal()),
  );
}

function wald(successes: number, count: number): Interval {
  const share = successes / count;
  const reach = 1.96 * Math.sqrt((share * (1 - share)) / count);
  return { estimate: share, low: share - reach, high: share + reach, level: 0.95 };
}

/** The truth is another each time: at a single one the coverage of whole numbers jumps about. */
function share(method: typeof wilson, count: number): CoverageCase["run"] {
  return (random) => {
    const truth = 0.8 + 0.19 * random.uniform();
    const successes = times(count, () => bit(random, truth)).reduce((sum, one) => sum + one, 0);
    return { covered: holds(method(successes, count), truth), naive: holds(wald(successes, count), truth) };
  };
}

/** Two equally good models on the same 200 rows, which differ in 20 % of them. */
function sameRows(kind: "exact" | "midP"): CoverageCase["run"] {
  return (random) => {
    let [both, first, second] = [0, 0, 0];
    for (let i = 0; i < 200; i++) {
      const u = random.uniform();
      if (u < 0.6) both++;
      else if (u < 0.7) first++;
      else if (u < 0.8) second++;
    }
    const [a, b] = [(both + first) / 200, (both + second) / 200];
    const z = Math.abs(a - b) / Math.sqrt((a * (1 - a) + b * (1 - b)) / 200);
    const p = mcnemar(first, second);
    // The direction of a one-sided test is chosen before one looks.
    return { covered: p[kind] > 0.05, naive: kind === "exact" ? p.exact / 2 > 0.05 : z < 1.96 };
  };
}

/** −1, 0 or 1: the first alone is right, both or neither are, the second alone is. */
const outcome = (random: Random, lost: number, won: number): number => {
  const u = random.uniform();
  return u < lost ? -1 : u < lost + won ? 1 : 0;
};
const scoresOf = (outcomes: readonly number[]) =>
  [outcomes.map((one) => (one < 0 ? 1 : 0)), outcomes.map((one) => (one > 0 ? 1 : 0))] as const;

/** Two models that seldom differ. The truth is another each time, as with shares. */
function fewDiffer(random: Random): { covered: boolean; naive: boolean } {
  const [lost, won] = [0.05 * random.uniform(), 0.05 * random.uniform()];
  const [first, second] = scoresOf(times(100, () => outcome(random, lost, won)));
  return {
    covered: holds(pairedShareDifference(first, second), won - lost),
    naive: holds(pairedDifference(first, second), won - lost),
  };
}

function fewUsersDiffer(random: Random): { covered: boolean; naive: boolean } {
  const [lost, won] = [0.02 + 0.08 * random.uniform(), 0.02 + 0.08 * random.uniform()];
  const outcomes = times(USERS, () => outcome(random, lost, won)).flatMap((usual) =>
    times(ROWS, () => (random.uniform() < 0.6 ? usual : outcome(random, lost, won))),
  );
  const [first, second] = scoresOf(outcomes);
  return {
    covered: holds(pairedShareDifference(first, second, { clusters: CLUSTERS }), won - lost),
    naive: holds(pairedShareDifference(first, second), won - lost),
  };
}

const LOOKS = 1000;

/** Looks after every value; the naive one is the usual interval, looked at as often. */
function looks(sequence: () => ConfidenceSequence, truth: number, value: (random: Random) => number) {
  return (random: Random) => {
    const known = sequence();
    let [covered, naive, sum, squares] = [true, true, 0, 0];
    for (let n = 1; n <= LOOKS; n++) {
      const x = value(random);
      sum += x;
      squares += x * x;
      if (covered) {
        known.add(x);
        covered = !known.excludes(truth);
      }
      const variance = (squares - (sum * sum) / n) / (n - 1);
      if (n >= 20 && Math.abs(sum / n - truth) > 1.96 * Math.sqrt(variance / n)) naive = false;
    }
    return { covered, naive };
  };
}

const STRENGTHS = [0.6, 0.2, -0.2, -0.6];
const PAIRS = STRENGTHS.flatMap((_, i) => STRENGTHS.slice(i + 1).map((__, j) => [i, i + 1 + j] as const));

/** 25 prompts for each of six pairs, judged three times with mostly the same verdict. */
function tournament(random: Random): { covered: boolean; naive: boolean } {
  const comparisons = times(25, (prompt) =>
    PAIRS.flatMap(([i, j]) => {
      const chance = 1 / (1 + Math.exp(STRENGTHS[j]! - STRENGTHS[i]!));
      const usual = bit(random, chance);
      const verdict = () => (random.uniform() < 0.7 ? usual : bit(random, chance));
      return times(3, () => ({ first: `m${i}`, second: `m${j}`, score: verdict(), cluster: `${prompt} ${i} ${j}` }));
    }),
  ).flat();
  const truth = STRENGTHS[0]! - STRENGTHS[1]!;
  return {
    covered: holds(bradleyTerry(comparisons).difference("m0", "m1"), truth),
    naive: holds(bradleyTerry(comparisons.map(({ cluster: _, ...one }) => one)).difference("m0", "m1"), truth),
  };
}

/** 100 users with three rows each; the mean is 1. */
function bootstrap(random: Random): { covered: boolean; naive: boolean } {
  const wait = () => -0.5 * Math.log(1 - random.uniform());
  const values = times(100, wait).map((user) => times(3, () => user + wait()));
  const options = { replications: 1000, seed: random.below(2 ** 31) };
  const users = values.map((rows) => ({ sum: rows.reduce((sum, value) => sum + value, 0), count: rows.length }));
  const rows = values.flat().map((sum) => ({ sum, count: 1 }));
  return {
    covered: holds(bcaBootstrap(users, meanOfTotals, options), 1),
    naive: holds(bcaBootstrap(rows, meanOfTotals, { ...options, replications: 300 }), 1),
  };
}

function judge(random: Random): { covered: boolean; naive: boolean } {
  const labels = times(1100, () => bit(random, 0.6));
  const judged = labels.map((label) => (label === 1 ? bit(random, 0.95) : bit(random, 0.5)));
  const powered = predictionPoweredMean(labels.slice(0, 100), judged.slice(0, 100), judged.slice(100));
  return { covered: holds(powered, 0.6), naive: holds(clusteredMean(judged), 0.6) };
}

/** Thirty labels show few disagreements or none; the paper's interval takes that for an agreement without exceptions. */
function goodJudge(random: Random): { covered: boolean; naive: boolean } {
  const labels = times(430, () => bit(random, 0.95));
  const judged = labels.map((label) => (label === 1 ? bit(random, 0.98) : bit(random, 0.4)));
  const [known, said, others] = [labels.slice(0, 30), judged.slice(0, 30), judged.slice(30)];
  const powered = predictionPoweredMean(known, said, others);
  const [label, judgement, judgements] = [known, said, judged].map((scores) => clusteredMean(scores).estimate) as [number, number, number]; // prettier-ignore
  const covariance = known.reduce((sum, score, i) => sum + (score - label) * (said[i]! - judgement), 0) / 29;
  const spread = (judgements * (1 - judgements) * 430) / 429;
  const weight = spread === 0 ? 0 : Math.min(1, Math.max(0, covariance / ((1 + 30 / 400) * spread)));
  const corrected = clusteredMean(known.map((score, i) => score - weight * said[i]!));
  const rest = clusteredMean(others.map((score) => weight * score));
  const reach = 1.96 * Math.hypot(corrected.standardError, rest.standardError);
  const estimate = corrected.estimate + rest.estimate;
  return { covered: holds(powered, 0.95), naive: Math.abs(estimate - 0.95) <= reach };
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

/** A hundred rows asked in five ways; rows and ways differ, and the mean over all there could be is ½. */
function waysToAsk(random: Random): { covered: boolean; naive: boolean } {
  const rows = times(100, () => ({ ease: 1.5 * random.normal(), luck: random.uniform() }));
  const ways = times(5, () => {
    const ease = 0.5 * random.normal();
    return rows.map((row) =>
      Number((random.uniform() < 0.7 ? row.luck : random.uniform()) < logistic(ease + row.ease)),
    );
  });
  const { mean } = measureVariability(new Map(ways.map((way, i) => [String(i), way])), [...rows.keys()]);
  const means = ways.map((way) => way.reduce((sum, right) => sum + right, 0) / rows.length);
  return { covered: mean.low! <= 0.5 && 0.5 <= mean.high!, naive: holds(clusteredMean(means), 0.5) };
}

/** One row in fifty is answered by chance, differently in each of three ways: the naive interval is a point where none is seen. */
function rareDisagreement(random: Random): { covered: boolean; naive: boolean } {
  const ways = times(3, (): number[] => []);
  for (let row = 0; row < 100; row++) {
    const isOpen = random.uniform() < 0.02;
    for (const way of ways) way.push(isOpen ? bit(random, 0.5) : 1);
  }
  const distances = ways[0]!.map((_, i) => new Set(ways.map((way) => way[i])).size === 1 ? 0 : 2 / 3); // prettier-ignore
  const { disagreement } = measureVariability(new Map(ways.map((way, i) => [String(i), way])), [...distances.keys()]);
  return {
    covered: disagreement.low! <= 0.01 && 0.01 <= disagreement.high!,
    naive: holds(clusteredMean(distances), 0.01),
  };
}

function family(random: Random): { covered: boolean; naive: boolean } {
  const common = random.normal();
  const pValues = times(5, () => {
    const z = Math.sqrt(0.5) * common + Math.sqrt(0.5) * random.normal();
    return 2 * normalCdf(-Math.abs(z));
  });
  return { covered: holm(pValues).every((p) => p > 0.05), naive: pValues.every((p) => p > 0.05) };
}

const SETTING = `${USERS} users with ${ROWS} rows each, correlated by 0.3`;

export const CASES: CoverageCase[] = [
  {
    name: "mean, clustered standard error",
    few: 600,
    promise: "approximate",
    setting: SETTING,
    naive: "rows as if they stood alone",
    run(random) {
      const values = clustered(random);
      const covered = holds(clusteredMean(values, { clusters: CLUSTERS }), 0);
      return { covered, naive: holds(clusteredMean(values), 0) };
    },
  },
  {
    name: "paired difference, clustered",
    few: 600,
    promise: "approximate",
    setting: `${SETTING}; two models, scores in common taken away`,
    naive: "rows as if they stood alone",
    run(random) {
      const hard = times(USERS * ROWS, () => 3 * random.normal());
      const second = clustered(random).map((value, i) => value + hard[i]! + 0.1);
      const covered = holds(pairedDifference(hard, second, { clusters: CLUSTERS }), 0.1);
      return { covered, naive: holds(pairedDifference(hard, second), 0.1) };
    },
  },
  {
    name: "share right, clustered (Wilson on effective rows)",
    few: 400,
    promise: "approximate",
    setting: `${USERS} users with ${ROWS} rows each, 85 % right, 60 % of the answers as the user's usual one`,
    naive: "Wilson, rows as if they stood alone",
    run(random) {
      const scores = times(USERS, () => bit(random, 0.85)).flatMap((usual) =>
        times(ROWS, () => (random.uniform() < 0.6 ? usual : bit(random, 0.85))),
      );
      const covered = holds(clusteredShare(scores, CLUSTERS), 0.85);
      return {
        covered,
        naive: holds(
          wilson(
            scores.reduce((sum, one) => sum + one, 0),
            scores.length,
          ),
          0.85,
        ),
      };
    },
  },
  {
    name: "BCa bootstrap of users",
    few: 80,
    promise: "approximate",
    setting: "100 users with 3 rows each, skewed (exponential), 1,000 replications",
    naive: "the bootstrap of rows (300 replications)",
    run: bootstrap,
  },
  {
    name: "Wilson",
    few: 3000,
    promise: "approximate",
    setting: "50 rows, 80–99 % right",
    naive: "Wald",
    run: share(wilson, 50),
  },
  { name: "Clopper–Pearson", few: 3000, promise: "exact", setting: "50 rows, 80–99 % right", naive: "Wald", run: share(clopperPearson, 50) }, // prettier-ignore
  { name: "paired difference, right or wrong (Tango)", few: 2000, promise: "approximate", setting: "100 rows; 0–5 % are lost, 0–5 % won", naive: "Student's t of the differences", run: fewDiffer }, // prettier-ignore
  { name: "paired difference, right or wrong, clustered (Tango on effective rows)", few: 400, promise: "approximate", setting: `${USERS} users with ${ROWS} rows each; 2–10 % lost, 2–10 % won, 60 % of the outcomes as the user's usual one`, naive: "Tango, rows as if they stood alone", run: fewUsersDiffer }, // prettier-ignore
  { name: "McNemar, mid-p (1 − false alarms)", few: 3000, promise: "approximate", setting: "200 rows, 20 % differ", naive: "two samples beside each other", run: sameRows("midP") }, // prettier-ignore
  { name: "McNemar, exact (1 − false alarms)", few: 3000, promise: "exact", setting: "200 rows, 20 % differ", naive: "one-sided, whichever side is ahead", run: sameRows("exact") }, // prettier-ignore
  { name: "prediction-powered mean (PPI++)", few: 400, promise: "approximate", setting: "100 labels, 1,000 rows with a judge that calls half of the bad answers good", naive: "the judge's mean", run: judge }, // prettier-ignore
  { name: "prediction-powered mean, few labels", few: 400, promise: "exact", setting: "30 labels, 400 rows, 95 % of them good, with a judge that is seldom wrong", naive: "the paper's interval (PPI++)", run: goodJudge }, // prettier-ignore
  { name: "mean over ways to ask", few: 300, promise: "approximate", setting: "100 rows asked in 5 ways, both of which matter", naive: "the ways' means alone", run: waysToAsk }, // prettier-ignore
  { name: "disagreement between ways to ask", few: 300, promise: "approximate", setting: "100 rows asked in 3 ways, 2 % of the rows answered by chance", naive: "mean ± t standard errors", run: rareDisagreement }, // prettier-ignore
  { name: "Bradley–Terry, clustered", few: 100, promise: "approximate", setting: "4 contestants, 150 prompts judged three times each", naive: "each verdict as if it stood alone", run: tournament }, // prettier-ignore
  { name: "Holm (1 − any false alarm of 5)", few: 3000, promise: "exact", setting: "5 tests correlated by 0.5, nothing to find", naive: "each at 5 %", run: family }, // prettier-ignore
  {
    name: "confidence sequence by betting",
    few: 60,
    promise: "sequence",
    setting: "right or wrong, 80 % right",
    naive: "the fixed-n interval at each look from the 20th",
    run: looks(bettingSequence, 0.8, (random) => bit(random, 0.8)),
  },
  {
    name: "confidence sequence by empirical Bernstein",
    few: 200,
    promise: "sequence",
    setting: "scores in [0, 1], skewed (u³)",
    naive: "the fixed-n interval at each look from the 20th",
    run: looks(bernsteinSequence, 0.25, (random) => random.uniform() ** 3),
  },
  {
    name: "confidence sequence of paired differences",
    few: 60,
    promise: "sequence",
    setting: "−1, 0 or 1; 20 % of the rows differ, 12 % for the better",
    naive: "the fixed-n interval at each look from the 20th",
    run: looks(pairedSequence, 0.04, (random) => {
      const u = random.uniform();
      return u < 0.12 ? 1 : u < 0.2 ? -1 : 0;
    }),
  },
];

/** Whether a share of covered intervals keeps the promise; `slack` for the luck of few replications. */
export function keeps(promise: Promise95, coverage: number, slack = 0): boolean {
  if (promise === "approximate") return coverage >= 0.93 - slack && coverage <= 0.97 + slack;
  return coverage >= 0.95 - slack;
}
