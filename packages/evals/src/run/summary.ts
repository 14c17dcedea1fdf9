import type { EvalComparison, EvaluatorResult, MeanInterval } from "@flywheel/protocol";
import type { Score } from "../evaluators/score.ts";
import { positionBias } from "../statistics/agreement.ts";
import type { Interval } from "../statistics/interval.ts";
import { mcnemar } from "../statistics/mcnemar.ts";
import { pairedShareDifference } from "../statistics/paired-share.ts";
import { clusteredShare, wilson } from "../statistics/proportion.ts";
import type { Evaluator } from "./definition.ts";
import type { EvalExample } from "./examples.ts";

/** Whose a row is, for the statistics: rows without a user stand alone. */
export const clusterOf = ({ id, user }: EvalExample): string => (user === undefined ? `row ${id}` : `user ${user}`);

export const toMeanInterval = ({ estimate, low, high }: Interval): MeanInterval => ({
  estimate,
  low: Number.isFinite(low) ? low : null,
  high: Number.isFinite(high) ? high : null,
});

/** The mean of scores in 0 to 1: Wilson's interval where rows stand alone and are right or wrong, else by effective rows. */
export function meanOfScores(scores: readonly number[], clusters: readonly string[]): Interval {
  const alone = new Set(clusters).size === clusters.length;
  const isBinary = scores.every((score) => score === 0 || score === 1);
  if (alone && isBinary) return wilson(scores.reduce((sum: number, score) => sum + score, 0), scores.length); // prettier-ignore
  return clusteredShare(scores, clusters);
}

/** What an evaluator made of all rows, and of each slice. */
export function summarise(
  evaluator: Evaluator,
  examples: readonly EvalExample[],
  scores: readonly Score[],
): EvaluatorResult {
  const rows = examples.flatMap((example, i) => {
    const { score } = scores[i]!;
    return score === null ? [] : [{ example, score }];
  });
  const inapplicable = scores.filter(({ isInapplicable }) => isInapplicable).length;
  const meanOf = (some: typeof rows) => toMeanInterval(meanOfScores(some.map(({ score }) => score), some.map(({ example }) => clusterOf(example)))); // prettier-ignore
  const slices = [...new Set(rows.flatMap(({ example }) => example.slices))].toSorted();
  return {
    name: evaluator.name,
    type: evaluator.type,
    mean: rows.length === 0 ? null : meanOf(rows),
    scored: rows.length,
    failures: examples.length - rows.length - inapplicable,
    inapplicable,
    ...positionOf(scores),
    slices: Object.fromEntries(
      slices.map((slice) => {
        const members = rows.filter(({ example }) => example.slices.includes(slice));
        return [slice, { ...meanOf(members), scored: members.length }];
      }),
    ),
  };
}

function positionOf(scores: readonly Score[]): Pick<EvaluatorResult, "position"> {
  const verdicts = scores.flatMap((score) => score.verdicts ?? []);
  if (!verdicts.some(({ asIs, swapped }) => asIs !== null && swapped !== null)) return {};
  const { pairs, consistent, firstPreferred } = positionBias(verdicts);
  return { position: { pairs, consistent: toMeanInterval(consistent), first_preferred: firstPreferred && toMeanInterval(firstPreferred) } }; // prettier-ignore
}

/** Two models on the rows that both have a score for; `null` where there is none. */
export function compareScores(
  against: string,
  evaluator: string,
  examples: readonly EvalExample[],
  baseline: readonly Score[],
  candidate: readonly Score[],
): EvalComparison | null {
  const rows = examples.flatMap((example, i) => {
    const [before, after] = [baseline[i]!.score, candidate[i]!.score];
    return before === null || after === null ? [] : [{ cluster: clusterOf(example), before, after }];
  });
  if (rows.length === 0) return null;
  const [before, after] = [rows.map((row) => row.before), rows.map((row) => row.after)];
  const clusters = rows.map(({ cluster }) => cluster);
  const plain =
    new Set(clusters).size === rows.length && [...before, ...after].every((score) => score === 0 || score === 1);
  const only = (first: number, second: number) =>
    rows.filter((row) => row.before === first && row.after === second).length;
  const mean = (scores: readonly number[]) => scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return {
    against,
    evaluator,
    baseline: mean(before),
    candidate: mean(after),
    difference: toMeanInterval(pairedShareDifference(before, after, { clusters })),
    p: plain ? mcnemar(only(1, 0), only(0, 1)).midP : null,
  };
}
