import {
  FlywheelError,
  TRIAL_EVALUATORS,
  TRIAL_KINDS,
  TRIAL_SILENCES,
  type TrialEvaluator,
  type TrialKind,
  type TrialPlan,
} from "@flywheel/protocol";

export type Asked = Omit<TrialPlan, "baseline">;

const DAY_SECONDS = 86_400;

/** Between which a number must be, both included, and what it is where it is left out. */
const NUMBERS = {
  share: [0.001, 1, 0.1],
  margin: [0, 0.5, 0],
  worthwhile: [0.001, 1, 0.02],
  most_users: [10, 100_000, 5000],
  settle_seconds: [0, 7 * DAY_SECONDS, 600],
} satisfies Partial<Record<keyof TrialPlan, [number, number, number]>>;

/** The body of `POST /api/trials`. @throws FlywheelError `invalid_request` naming the field at fault */
export function readPlan(body: unknown): Asked {
  const given = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const known = new Set(["route", "candidate", "kind", "evaluator", "silence", ...Object.keys(NUMBERS)]);
  const stranger = Object.keys(given).find((name) => !known.has(name));
  if (stranger !== undefined) throw wrong(stranger, "is not known here.");
  const { route, candidate, kind, silence = "unknown" } = given;
  if (typeof route !== "string") throw wrong("route", "is the name of a route.");
  if (typeof candidate !== "string" || !/^[^/\s]+\/\S+$/.test(candidate))
    throw wrong("candidate", "is `provider/model`.");
  if (!isOneOf(TRIAL_KINDS, kind)) throw wrong("kind", `is one of ${TRIAL_KINDS.join(", ")}.`);
  if (!isOneOf(TRIAL_SILENCES, silence)) throw wrong("silence", `is one of ${TRIAL_SILENCES.join(", ")}.`);
  const number = (name: keyof typeof NUMBERS) => readNumber(name, given[name]);
  const plan = {
    route,
    candidate,
    kind,
    share: number("share"),
    evaluator: readEvaluator(kind, given["evaluator"]),
    silence,
    margin: number("margin"),
    worthwhile: number("worthwhile"),
    most_users: Math.round(number("most_users")),
    settle_seconds: number("settle_seconds"),
  };
  if (kind === "canary" && plan.share === 1) throw wrong("share", "of a canary leaves somebody to compare with.");
  return plan;
}

function readEvaluator(kind: TrialKind, given: unknown): TrialEvaluator {
  const evaluator = given ?? (kind === "canary" ? "reward" : "exact");
  if (!isOneOf(TRIAL_EVALUATORS, evaluator)) throw wrong("evaluator", `is one of ${TRIAL_EVALUATORS.join(", ")}.`);
  if (kind === "shadow" && evaluator === "reward")
    throw wrong("evaluator", "of a shadow is exact or similar: nobody saw the candidate's answers, so nobody praised or blamed them."); // prettier-ignore
  return evaluator;
}

function readNumber(name: keyof typeof NUMBERS, given: unknown): number {
  const [least, most, usual] = NUMBERS[name];
  if (given === undefined) return usual;
  if (typeof given !== "number" || !(given >= least && given <= most))
    throw wrong(name, `is a number from ${least} to ${most}.`);
  return given;
}

const isOneOf = <T extends string>(list: readonly T[], value: unknown): value is T => list.some((one) => one === value);

function wrong(param: string, what: string): FlywheelError {
  return new FlywheelError("invalid_request", { reason: `\`${param}\` ${what}` }, { param });
}
