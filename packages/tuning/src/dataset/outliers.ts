import { setImmediate as breathe } from "node:timers/promises";
import { binomialCdf } from "@flywheel/evals/statistics";
import type { DropReason } from "@flywheel/protocol";
import { surest, trainLinear } from "../classifier/linear.ts";
import { tfIdf } from "../classifier/tf-idf.ts";
import { type Placed, promptInputs } from "./likeness.ts";
import { placeOf, userOf } from "./split.ts";

type Drop = (reason: DropReason, by?: number) => void;

/** What somebody said of a text. */
interface Said {
  text: string;
  answer: string;
  user: string;
}

const FOLDS = 3;
const ROWS_AT_ONCE = 500;
/** Less than a classifier needs to be at its best, and enough to see what is plainly wrong. */
const [PIECES, PASSES] = [[4, 4], 4] as const;
/** With fewer users there are no "others" to speak of. */
const LEAST_USERS = 20;
/** Answers that hardly ever come again are texts, not labels. */
const LEAST_ROWS_PER_ANSWER = 4;
/** How much surer of another answer: right ones are some 2 apart. */
const MARGIN = 0.5;
/** How rarely an honest user is in doubt so often. */
const RARE = 0.005;
/** An answer of which more looks wrong than this, said by several, is one that the classifier does not understand. */
const [MOST_WRONG, SEVERAL] = [1 / 3, 3];

/**
 * Leaves out of `train` the examples whose answer is plainly not what all other users say of such prompts, and what else
 * was learned from the same generations: a classifier that learned from the others alone is asked (confident learning by
 * cross-fitting, Northcutt et al. 2021, arXiv:1911.00068, with users as folds). Only where answers are labels, and of
 * {@link LEAST_USERS} users or more. What is measured on stays as it is.
 */
export async function leaveOutOutliers(placed: readonly Placed[], drop: Drop): Promise<Placed[]> {
  const { inputs } = promptInputs(placed);
  const examples = placed.flatMap(({ row, split }, i) =>
    row.kind === "example" && split === "train" ? [{ row, text: inputs[i]!.join(" ") }] : [],
  );
  const said = examples.map(({ row, text }) => ({ text, answer: row.completion, user: userOf(row.lineage) }));
  const found = await outliers(said);
  drop("outlier", found.length);
  const theirs = new Set(found.flatMap((i) => examples[i]!.row.lineage.generation_ids));
  return placed.filter(
    ({ row, split }) => split !== "train" || !row.lineage.generation_ids.some((id) => theirs.has(id)),
  );
}

/** Which of them say what nobody else would. Asked twice, the second time of those alone who were believed the first. */
export async function outliers(said: readonly Said[]): Promise<number[]> {
  const byAnswer = Map.groupBy(said.keys(), (i) => said[i]!.answer);
  const areLabels = byAnswer.size > 1 && byAnswer.size * LEAST_ROWS_PER_ANSWER <= said.length;
  if (!areLabels || new Set(said.map(({ user }) => user)).size < LEAST_USERS) return [];
  const first = unlikeOthers(said, await doubts(said, said));
  const believed = said.filter((_, i) => !first.has(i));
  const unlike = unlikeOthers(said, await doubts(said, believed));
  return [...byAnswer.values()].flatMap((all) => wrongOnes(all, unlike, said));
}

/** Those plainly in doubt, and those at all in doubt of users who are in doubt far more often than others. */
export function unlikeOthers(said: readonly Said[], doubted: readonly number[]): Set<number> {
  const share = doubted.filter((doubt) => doubt > 0).length / said.length;
  const unlike = [...Map.groupBy(said.keys(), (i) => said[i]!.user).values()].flatMap((rows) => {
    const odd = rows.filter((i) => doubted[i]! > 0);
    const isOften = 1 - binomialCdf(odd.length - 1, rows.length, share) < RARE;
    return isOften ? odd : odd.filter((i) => doubted[i]! > MARGIN);
  });
  return new Set(unlike);
}

/** Of each, how much surer a classifier is of another answer, after what other users said as far as they are `believed`. */
async function doubts(said: readonly Said[], believed: readonly Said[]): Promise<number[]> {
  const found: number[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const isAsked = ({ user }: Said) => Math.floor(FOLDS * placeOf("fold", user)) === fold;
    const doubt = await judgeOf(believed.filter((one) => !isAsked(one)));
    for (const [i, one] of said.entries()) {
      if (isAsked(one)) found[i] = doubt(one);
      if (i % ROWS_AT_ONCE === 0) await breathe();
    }
  }
  return found;
}

/** Of the rows with one answer, those to leave out. */
function wrongOnes(all: readonly number[], unlike: ReadonlySet<number>, said: readonly Said[]): number[] {
  const wrong = all.filter((i) => unlike.has(i));
  const tellers = new Set(wrong.map((i) => said[i]!.user)).size;
  return wrong.length > MOST_WRONG * all.length && tellers >= SEVERAL ? [] : wrong;
}

/** Says how much surer it is of another answer, after what these said: 0 where of none. */
async function judgeOf(said: readonly Said[]): Promise<(one: Said) => number> {
  const features = tfIdf(said.map(({ text }) => text), PIECES); // prettier-ignore
  await breathe();
  const vectors = said.map(({ text }) => features.of(text));
  await breathe();
  const classify = await trainLinear(vectors, said.map(({ answer }) => answer), features.width, { passes: PASSES }); // prettier-ignore
  return ({ text, answer }) => {
    const votes = classify(features.of(text));
    return votes.get(surest(votes))! - (votes.get(answer) ?? -1);
  };
}
