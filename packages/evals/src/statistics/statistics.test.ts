import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bcaBootstrap, bernsteinSequence, bettingSequence, bradleyTerry, clopperPearson, clusteredMean, clusteredShare, cohensKappa,
  createRandom, detectableDifference, detectableShare, holm, mcnemar, pAbove, pairedDifference, pairedSequence, pairedShareDifference, positionBias, powerOf,
  predictionPoweredMean, requiredRows, requiredShareRows, sharePower, verdictScore, wilson,
} from "./index.ts"; // prettier-ignore
import { binomialCdf } from "./numerics.ts";

function close(actual: number, expected: number, tolerance = 5e-8): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

test("shares have the intervals that the tables print", () => {
  const exact = clopperPearson(4, 10);
  close(exact.low, 0.1215523);
  close(exact.high, 0.7376219);
  close(clopperPearson(0, 10).high, 0.3084971);
  const score = wilson(4, 10);
  close(score.low, 0.1681803);
  close(score.high, 0.6873262);
  assert.deepEqual([wilson(0, 5).low, wilson(5, 5).high], [0, 1]);
  assert.throws(() => wilson(6, 5), /6 of 5 is no share/);
});

test("a mean without clusters is the textbook's, and rows that repeat tell nothing new", () => {
  const values = [2, 4, 4, 4, 5, 5, 7, 9];
  const mean = clusteredMean(values);
  close(mean.standardError, Math.sqrt(32 / 7 / 8), 1e-12);
  close(mean.high - 5, 2.364624251592785 * mean.standardError, 1e-9);
  const thrice = values.flatMap((value) => [value, value, value]);
  const users = values.flatMap((_, user) => [user, user, user]);
  close(clusteredMean(thrice, { clusters: users }).standardError, mean.standardError, 1e-12);
  assert.ok(clusteredMean(thrice).standardError < 0.6 * mean.standardError, "the naive one believes it");
});

test("one cluster alone gives an interval without ends, and no rows an error", () => {
  const one = clusteredMean([1, 0, 1], { clusters: ["a", "a", "a"] });
  assert.deepEqual([one.low, one.high], [-Infinity, Infinity]);
  assert.throws(() => clusteredMean([]), /mean of nothing/);
});

test("a clustered share is Wilson's where rows stand alone, and never a point", () => {
  const scores = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0];
  const alone = clusteredShare(scores, scores.map((_, i) => i)); // prettier-ignore
  assert.ok(alone.low < wilson(4, 10).low && alone.low > 0.12, "a little wider: the variance is estimated");
  const same = clusteredShare([1, 1, 1, 1, 1, 1], ["a", "a", "b", "b", "c", "c"]);
  assert.ok(same.low < 0.5 && same.high === 1, "three users who are always right");
  const half = clusteredShare([1, 0, 1, 0, 1, 0], ["a", "a", "b", "b", "c", "c"]);
  assert.ok(half.low < 0.2 && half.high > 0.8);
});

test("pairs cancel what is hard for both", () => {
  const first = [0, 1, 0, 1, 0, 1, 0, 1, 1, 0];
  const second = first.map((score, i) => (i === 0 ? 1 : score));
  const { estimate, standardError } = pairedDifference(first, second);
  close(estimate, 0.1, 1e-12);
  close(standardError, 0.1, 1e-12);
});

test("McNemar's p-values are those of the published example", () => {
  const { exact, midP } = mcnemar(1, 7);
  close(exact, 0.0703125);
  close(midP, 0.0390625);
  assert.deepEqual(mcnemar(0, 0), { exact: 1, midP: 1 });
});

test("Holm raises p-values in steps", () => {
  assert.deepEqual(holm([0.01, 0.04, 0.03, 0.005]).map((p) => Math.round(p * 1e6) / 1e6), [0.03, 0.06, 0.06, 0.02]); // prettier-ignore
  assert.deepEqual(holm([]), []);
});

test("the bootstrap is the same for a seed and leans with skewed data", () => {
  const random = createRandom(5);
  const values = Array.from({ length: 60 }, () => -Math.log(1 - random.uniform()));
  const mean = (some: readonly number[]) => some.reduce((sum, value) => sum + value, 0) / some.length;
  const one = bcaBootstrap(values, mean, { replications: 4000, seed: 3 });
  assert.deepEqual(one, bcaBootstrap(values, mean, { replications: 4000, seed: 3 }));
  assert.ok(one.high - one.estimate > 1.1 * (one.estimate - one.low), "the long tail is on the right");
  assert.deepEqual(bcaBootstrap([1, 1, 1], mean, { replications: 100 }), { estimate: 1, low: 1, high: 1, level: 0.95 });
});

test("Bradley–Terry finds the published strengths of the 1987 American League", () => {
  const games: Record<string, Record<string, [number, number]>> = {
    Milwaukee: { Detroit: [7, 6], Toronto: [9, 4], "New York": [7, 6], Boston: [7, 6], Cleveland: [9, 4], Baltimore: [11, 2] },
    Detroit: { Toronto: [7, 6], "New York": [5, 8], Boston: [11, 2], Cleveland: [9, 4], Baltimore: [9, 4] },
    Toronto: { "New York": [7, 6], Boston: [7, 6], Cleveland: [8, 5], Baltimore: [12, 1] },
    "New York": { Boston: [6, 7], Cleveland: [7, 6], Baltimore: [10, 3] },
    Boston: { Cleveland: [7, 6], Baltimore: [12, 1] },
    Cleveland: { Baltimore: [6, 7] },
  }; // prettier-ignore
  const comparisons = Object.entries(games).flatMap(([first, others]) =>
    Object.entries(others).flatMap(([second, [won, lost]]) => [
      ...Array.from({ length: won }, () => ({ first, second, score: 1 })),
      ...Array.from({ length: lost }, () => ({ first, second, score: 0 })),
    ]),
  );
  const fitted = bradleyTerry(comparisons);
  const published = { Milwaukee: 1.5814, Detroit: 1.4364, Toronto: 1.2945, "New York": 1.2476, Boston: 1.1077, Cleveland: 0.6839 }; // prettier-ignore
  for (const [name, strength] of Object.entries(published))
    close(fitted.difference(name, "Baltimore").estimate, strength, 6e-5);
  assert.deepEqual(
    fitted.strengths.map(({ name }) => name),
    [...Object.keys(published), "Baltimore"],
  );
  assert.equal(fitted.strengths[0]!.rank, 1);
  assert.ok(fitted.strengths.at(-1)!.rank > 1, "Baltimore is surely weaker than somebody");
});

test("Bradley–Terry says who cannot be placed", () => {
  const always = [{ first: "a", second: "b", score: 1 }, { first: "a", second: "b", score: 1 }]; // prettier-ignore
  assert.throws(() => bradleyTerry(always), /b never won against the others/);
});

test("a judge that is wrong in one direction does not move a prediction-powered mean", () => {
  const random = createRandom(11);
  let [sum, naive] = [0, 0];
  for (let i = 0; i < 400; i++) {
    const truth = Array.from({ length: 550 }, (): number => (random.uniform() < 0.6 ? 1 : 0));
    const judged = truth.map((one) => (random.uniform() < 0.85 ? one : 1));
    const result = predictionPoweredMean(truth.slice(0, 50), judged.slice(0, 50), judged.slice(50));
    assert.ok(result.weight > 0.3 && result.effectiveLabels > 50);
    sum += result.estimate / 400;
    naive += judged.reduce((all, one) => all + one, 0) / 550 / 400;
  }
  close(sum, 0.6, 0.01);
  assert.ok(naive > 0.64, "the judge alone is wrong");
});

test("confidence sequences close in on the mean, betting closer than Bernstein", () => {
  const random = createRandom(2);
  const [betting, bernstein] = [bettingSequence(), bernsteinSequence()];
  assert.deepEqual([betting.interval().low, betting.interval().high], [0, 1]);
  for (let i = 0; i < 2000; i++) {
    const value = random.uniform() < 0.9 ? 1 : 0;
    betting.add(value);
    bernstein.add(value);
  }
  const [one, other] = [betting.interval(), bernstein.interval()];
  assert.ok(one.low < 0.9 && 0.9 < one.high && other.low < 0.9 && 0.9 < other.high);
  assert.ok(betting.excludes(one.low - 1e-4) && !betting.excludes(one.low + 1e-4));
  assert.ok(betting.excludes(one.high + 1e-4) && !betting.excludes(one.high - 1e-4));
  assert.ok(one.high - one.low < 0.06 && one.high - one.low < other.high - other.low);
  assert.throws(() => betting.add(1.5), /not between 0 and 1/);
});

test("a sequence of differences is symmetrical", () => {
  const [up, down] = [pairedSequence(), pairedSequence()];
  for (let i = 0; i < 300; i++) {
    up.add(i % 3 === 0 ? 1 : 0);
    down.add(i % 3 === 0 ? -1 : 0);
  }
  close(up.interval().low, -down.interval().high, 1e-5);
  assert.ok(up.interval().low > 0.15);
});

test("power before the run: rows, power and difference agree", () => {
  const plan = { difference: 0.05, discordance: 0.2, alpha: 0.05, sides: 1 } as const;
  const rows = requiredRows(plan, 0.8);
  assert.equal(rows, 493);
  assert.ok(powerOf(plan, rows) >= 0.8 && powerOf(plan, rows - 1) < 0.8);
  close(detectableDifference(plan, rows, 0.8), 0.05, 1e-4);
  assert.equal(requiredRows({ ...plan, designEffect: 2 }, 0.8), 986);
});

test("agreement is that beyond chance, and a judge that looks at places is found out", () => {
  const rate = (pairs: [string, string, number][], side: 0 | 1) => pairs.flatMap((pair) => Array.from({ length: pair[2] }, () => pair[side])); // prettier-ignore
  const classic: [string, string, number][] = [["y", "y", 20], ["y", "n", 5], ["n", "y", 10], ["n", "n", 15]]; // prettier-ignore
  close(cohensKappa(rate(classic, 0), rate(classic, 1)), 0.4, 1e-12);
  const swayed = positionBias([
    ...Array.from({ length: 40 }, () => ({ asIs: 1, swapped: 1 }) as const),
    ...Array.from({ length: 20 }, () => ({ asIs: 1, swapped: 2 }) as const),
    { asIs: 1, swapped: null },
  ]);
  assert.deepEqual([swayed.pairs, swayed.failures, swayed.firstPreferred!.estimate], [60, 1, 1]);
  close(swayed.consistent.estimate, 2 / 3, 1e-12);
  assert.deepEqual([{ asIs: 2, swapped: 2 }, { asIs: 1, swapped: 2 }, { asIs: null, swapped: 2 }].map((one) => verdictScore(one as never)), [1, 0.5, null]); // prettier-ignore
});

test("the power of a share above a floor is that of Wilson's low end, counted out", () => {
  const plan = { floor: 0.8, alpha: 0.025 };
  const rows = requiredShareRows(plan, 0.05, 0.8);
  const fewest = Array.from({ length: rows }, (_, right) => right).findIndex((right) => wilson(right, rows).low >= 0.8);
  const passes = 1 - binomialCdf(fewest - 1, rows, 0.85);
  assert.ok(Math.abs(passes - 0.8) < 0.02, `${passes} with ${rows} rows`);
  close(sharePower(plan, 0.05, rows), 0.8, 0.001);
  close(detectableShare(plan, rows, 0.8)!, 0.05, 1e-4);
  assert.equal(
    detectableShare({ floor: 0.95, alpha: 0.025 }, 20, 0.8),
    null,
    "twenty of twenty are surely above 0.83 only",
  );
});

test("a difference of shares is Tango's where rows stand alone, and never a point", () => {
  const pairs = (lost: number, won: number, rows: number) => {
    const scores = (from: number, to: number) => Array.from({ length: rows }, (_, i) => (i >= from && i < to ? 1 : 0));
    return pairedShareDifference(scores(0, lost), scores(lost, lost + won));
  };
  // Airway hyper-responsiveness before and after a transplantation (Bentur et al. 2009), as Fagerland et al. 2014 print it.
  const airway = pairs(1, 7, 21);
  assert.deepEqual([-airway.high, -airway.low].map((end) => end.toFixed(3)), ["-0.517", "-0.026"]); // prettier-ignore
  const same = pairs(0, 0, 30);
  close(same.high, 1.959964 ** 2 / (30 + 1.959964 ** 2), 1e-6);
  close(same.low, -same.high, 1e-9);
  assert.ok(pairs(0, 30, 30).high > 0.999 && pairs(0, 30, 30).low < 0.9);
  close(pAbove(pairs(5, 15, 100), 0), 1 - 0.98732633, 1e-6);
});

test("a difference of clustered scores and of shares of fields is about that of their mean, and never a point", () => {
  const random = createRandom(3);
  const rows = Array.from({ length: 400 }, (_, i) => ({ user: i >> 2, first: random.below(5) / 4, second: random.below(5) / 4 })); // prettier-ignore
  const [first, second] = [rows.map((row) => row.first), rows.map((row) => row.second)];
  const clusters = rows.map(({ user }) => user);
  const [ours, student] = [pairedShareDifference, pairedDifference].map((method) =>
    method(first, second, { clusters }),
  );
  close(ours!.low, student!.low, 0.003);
  close(ours!.high, student!.high, 0.003);
  const none = pairedShareDifference(first, first, { clusters: clusters.map((user) => user % 10) });
  assert.ok(none.high > 0.27 && none.high < 0.4, "no more than ten rows would tell");
  assert.equal(pairedShareDifference([1, 0], [1, 0], { clusters: ["a", "a"] }).high, Infinity);
});
