import {
  type BuildDataset,
  DEFAULT_DATASET_QUERY,
  type DatasetQuery,
  FlywheelError,
  type Signal,
} from "@flywheel/protocol";

const SIGNALS: readonly Signal["type"][] = ["reward", "label", "demonstration", "preference"];
const SHARES = ["user_share", "near_duplicate", "eval_share", "holdout_share"] as const;
const TEXTS = ["project", "model", "endpoint"] as const;
const TIMES = ["from", "to"] as const;
const KEYS = new Set(["name", "signals", ...Object.keys(DEFAULT_DATASET_QUERY), ...TEXTS, ...TIMES]);

/** What to build, complete. @throws FlywheelError `invalid_request` naming the field at fault */
export function readBuildDataset(body: unknown): { name: string; query: DatasetQuery } {
  check(typeof body === "object" && body !== null && !Array.isArray(body), "body", "must be an object.");
  const { name, ...said } = body as BuildDataset & Record<string, unknown>;
  for (const key of Object.keys(said)) check(KEYS.has(key), key.slice(0, 64), "is not known here.");
  const query: DatasetQuery = { ...DEFAULT_DATASET_QUERY, ...said };
  for (const key of TEXTS) check(query[key] === undefined || typeof query[key] === "string", key, "must be a string.");
  for (const key of TIMES)
    check(query[key] === undefined || Number.isSafeInteger(query[key]), key, "must be epoch milliseconds.");
  for (const key of SHARES) check(isBetween(query[key], 0, 1), key, "must be a number from 0 to 1.");
  check(query.eval_share + query.holdout_share < 1, "holdout_share", "and `eval_share` leave nothing for `train`.");
  check(isBetween(query.min_reward, -1, 1), "min_reward", "must be a number from -1 to 1.");
  check(isBetween(query.length_ratio, 1, 1e6), "length_ratio", "must be a number of 1 or more.");
  check(["granted", "not_denied"].includes(query.consent), "consent", "must be granted or not_denied.");
  check(["redact", "drop", "keep"].includes(query.pii), "pii", "must be redact, drop or keep.");
  check(["drop", "keep"].includes(query.outliers), "outliers", "must be drop or keep.");
  check(
    query.signals === undefined ||
      (Array.isArray(query.signals) && query.signals.every((one) => SIGNALS.includes(one))),
    "signals",
    `must be a list of ${SIGNALS.join(", ")}.`,
  );
  check(
    Array.isArray(query.against) && query.against.every((one) => typeof one === "string"),
    "against",
    "must be a list of datasets.",
  );
  return { name: readName(name), query };
}

/** @throws FlywheelError `invalid_request` */
export function readName(name: unknown): string {
  check(
    typeof name === "string" && /^[a-z0-9][a-z0-9_-]{0,63}$/.test(name) && !name.startsWith("ds_"),
    "name",
    "must be lower-case letters, digits, dashes and underscores.",
  );
  return name;
}

const isBetween = (value: unknown, least: number, most: number): boolean =>
  typeof value === "number" && value >= least && value <= most;

function check(holds: boolean, param: string, rule: string): asserts holds {
  if (!holds) throw new FlywheelError("invalid_request", { reason: `\`${param}\` ${rule}` }, { param });
}
