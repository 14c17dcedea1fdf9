import { type DecisionCode, FlywheelError } from "@flywheel/protocol";
import { holm } from "../statistics/holm.ts";
import { pAbove, type PairedShare, pairedShareDifference } from "../statistics/paired-share.ts";

/** One held-out example, answered by the model in service and by the candidate. */
export interface PairedScore {
  readonly id: string;
  /** 0 to 1, higher is better. An answer that failed is 0: not answering is no way around being wrong. */
  readonly baseline: number;
  readonly candidate: number;
  /** What the most usual answer of the training data would score; absent = nobody looked. */
  readonly constant?: number;
  /** Whose example it is: examples of one user are alike. Absent: it stands alone. */
  readonly user?: string;
  /** What it belongs to, such as a language or a queue. */
  readonly slices?: readonly string[];
  /** It only guards its slices: whether the candidate is better is decided without it. */
  readonly isGuard?: boolean;
}

export interface DecisionRules {
  /** The candidate must be better by more than this; 0 = better at all. */
  margin?: number;
  /** Slices that may not pay for the others. */
  protectedSlices?: readonly string[];
  /** How much worse a protected slice may be: 0.05 = five points. */
  sliceMargin?: number;
  /** How often a candidate that is no better is promoted, at most. 0.025 one-sided is where a 95 % interval excludes it. */
  alpha?: number;
  /** Below this many users (or lone examples) nothing is promoted. */
  fewestUsers?: number;
}

export const DEFAULT_RULES: Required<DecisionRules> = {
  margin: 0,
  protectedSlices: [],
  sliceMargin: 0.05,
  alpha: 0.025,
  fewestUsers: 20,
};

/** What a held-out set should hold by default: `npm run bench -- promotion` shows what that finds. */
export const DEFAULT_EXAMPLES = 1500;

export interface SliceVerdict {
  readonly slice: string;
  readonly examples: number;
  readonly baseline: number;
  readonly candidate: number;
  readonly difference: PairedShare | null;
  /** It is shown to be worse by less than the slice's margin. */
  readonly safe: boolean;
  /** It is shown to be worse than before, with all slices together in error at most `alpha` of the time (Holm). */
  readonly worse: boolean;
}

export interface Decision {
  readonly promoted: boolean;
  readonly code: DecisionCode;
  /** For people. */
  readonly reason: string;
  readonly examples: number;
  readonly users: number;
  readonly baseline: number;
  readonly candidate: number;
  /** What the most usual answer would have scored on average; `null` where nobody looked. */
  readonly constant: number | null;
  /** Of a level of 1 − 2α, so that its low end is the one-sided bound that the decision goes by. */
  readonly difference: PairedShare;
  /** One-sided: how likely a difference like this would be if the candidate were no better. */
  readonly p: number;
  readonly slices: readonly SliceVerdict[];
  readonly rules: Required<DecisionRules>;
}

/**
 * Whether a candidate takes the place of the model in service. It does where *all* are shown, each at `alpha`:
 *
 * 1. It is better by more than `margin`: the one-sided bound of the paired difference, clustered by user, is above it.
 * 2. No protected slice is worse by `sliceMargin` or more: each slice's own one-sided bound is above −`sliceMargin`.
 *
 * 3. Where it is known what one answer to everything would score: it is better than that, too. A candidate that learned how
 *    often each answer is wished for, and nothing of the messages, may well be better than one that knows neither.
 *
 * A candidate is promoted wrongly only where one of these is false and yet shown, so the chance is at most `alpha` with
 * any number of slices and no correction (an intersection–union test, Berger 1982). Correction is needed only for the
 * other claim, that some slice *is* worse: there Holm's is used.
 *
 * Look once: for looking while examples come in there is `createShadowTrial`, for one decision after another `nextLevel`.
 * Throws `invalid_request` where a score is outside 0 to 1, an id repeats, or there is no example.
 */
export function decide(scores: readonly PairedScore[], given: DecisionRules = {}): Decision {
  const rules = { ...DEFAULT_RULES, ...given };
  check(scores, rules);
  const level = 1 - 2 * rules.alpha;
  const deciding = scores.filter(({ isGuard }) => !isGuard);
  const difference = differenceOf(deciding, level);
  const slices = sliceVerdicts(scores, rules, level);
  const p = pAbove(difference, rules.margin);
  const { code, reason } = constantVerdict(deciding, level) ?? verdict(difference, slices, rules);
  return {
    promoted: code === "better",
    code,
    reason,
    examples: deciding.length,
    users: difference.clusters,
    baseline: average(deciding, "baseline"),
    candidate: average(deciding, "candidate"),
    constant: deciding.every(({ constant }) => constant !== undefined) ? average(deciding, "constant") : null,
    difference,
    p,
    slices,
    rules,
  };
}

function check(scores: readonly PairedScore[], { alpha, margin, sliceMargin }: Required<DecisionRules>): void {
  const refuse = (reason: string): never => {
    throw new FlywheelError("invalid_request", { reason });
  };
  if (!(alpha > 0 && alpha < 0.5)) refuse("`alpha` must be between 0 and 0.5.");
  if (!(margin >= 0 && sliceMargin >= 0)) refuse("Margins must not be negative.");
  if (!scores.some(({ isGuard }) => !isGuard)) refuse("There is no example to decide by.");
  const ids = new Set<string>();
  for (const { id, baseline, candidate } of scores) {
    if (![baseline, candidate].every((score) => score >= 0 && score <= 1))
      refuse(`Example ${id} has a score outside 0 to 1.`);
    if (ids.has(id)) refuse(`Example ${id} is there twice; once per example, or it would count double.`);
    ids.add(id);
  }
}

type Side = "baseline" | "candidate" | "constant";

function differenceOf(scores: readonly PairedScore[], level: number, from: Side = "baseline"): PairedShare {
  const clusters = scores.map(({ id, user }) => (user === undefined || user === "" ? `example ${id}` : `user ${user}`));
  const of = (side: Side) => scores.map((score) => score[side] ?? 0);
  return pairedShareDifference(of(from), of("candidate"), { clusters, level });
}

const average = (scores: readonly PairedScore[], side: Side) =>
  scores.reduce((sum, score) => sum + (score[side] ?? 0), 0) / scores.length;

function constantVerdict(
  scores: readonly PairedScore[],
  level: number,
): { code: DecisionCode; reason: string } | undefined {
  // prettier-ignore
  if (scores.some(({ constant }) => constant === undefined)) return undefined;
  const over = differenceOf(scores, level, "constant");
  const differs = differenceOf(scores, level);
  // Who is not even better than the model in service is told that.
  if (over.low > 0 || differs.low <= 0) return undefined;
  return {
    code: "no_better_than_constant",
    reason: `It is not shown to be better than always giving the most usual answer, which is right in ${(100 * average(scores, "constant")).toFixed(1)} %: ${signed(over)}.`,
  };
}

function sliceVerdicts(scores: readonly PairedScore[], rules: Required<DecisionRules>, level: number): SliceVerdict[] {
  const found = rules.protectedSlices.map((slice) => {
    const members = scores.filter(({ slices }) => slices?.includes(slice));
    const difference = members.length === 0 ? null : differenceOf(members, level);
    return { slice, members, difference };
  });
  const worse = holm(found.map(({ difference }) => (difference === null ? 1 : 1 - pAbove(difference, 0))));
  return found.map(({ slice, members, difference }, i) => ({
    slice,
    examples: members.length,
    baseline: average(members, "baseline"),
    candidate: average(members, "candidate"),
    difference,
    safe: difference !== null && difference.clusters > 1 && difference.low > -rules.sliceMargin,
    worse: difference !== null && difference.estimate < 0 && worse[i]! <= rules.alpha,
  }));
}

function verdict(
  difference: PairedShare,
  slices: readonly SliceVerdict[],
  { margin, sliceMargin, fewestUsers }: Required<DecisionRules>,
): { code: DecisionCode; reason: string } {
  const worse = slices.filter((slice) => slice.worse);
  const open = slices.filter((slice) => !slice.safe);
  if (worse.length > 0)
    return { code: "slice_worse", reason: `It is worse on ${worse.map(sliceText).join(", ")}, which is protected.` };
  if (difference.high < 0) return { code: "worse", reason: `It is worse: ${signed(difference)}.` };
  if (difference.clusters < fewestUsers)
    return {
      code: "too_few",
      reason: `${difference.clusters} users are too few to tell; at least ${fewestUsers} are needed.`,
    };
  if (difference.low <= margin)
    return {
      code: "not_better",
      reason: `It is not shown to be better${margin > 0 ? ` by ${points(margin)}` : ""}: ${signed(difference)}.`,
    };
  const empty = open.find((slice) => slice.difference === null || slice.difference.clusters < 2);
  if (empty)
    return {
      code: "slice_too_few",
      reason: `The protected slice ${empty.slice} has ${empty.examples} examples: too few to tell.`,
    };
  if (open.length > 0)
    return {
      code: "slice_not_shown_equal",
      reason: `On ${open.map(sliceText).join(", ")} it may be worse by ${points(sliceMargin)} or more; more examples of it would tell.`,
    };
  return { code: "better", reason: `It is better: ${signed(difference)}.` };
}

const points = (share: number) => `${(100 * share).toFixed(1)} points`;
const plus = (share: number) => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;
const signed = ({ estimate, low, high, level }: PairedShare) =>
  `${plus(estimate)} points (${Number((100 * level).toFixed(3))} % interval ${plus(low)} to ${plus(high)})`;
const sliceText = ({ slice, difference }: SliceVerdict) =>
  difference === null ? slice : `${slice} (${signed(difference)})`;
