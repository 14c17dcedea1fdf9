import { type CreateJob, FlywheelError, type Hyperparameters, type JobPromotion } from "@flywheel/protocol";

const MEMBERS = ["dataset", "model", "candidate", "name", "trainer", "method", "hyperparameters", "promotion"];
const PROMOTION = ["route", "protect", "margin"];

/** What each may be. */
const RANGES: Record<keyof Hyperparameters, { least: number; most: number; isWhole: boolean; multiple?: number }> = {
  epochs: { least: 1, most: 1000, isWhole: true },
  batch: { least: 1, most: 1024, isWhole: true },
  rate: { least: 1e-7, most: 1, isWhole: false },
  rank: { least: 8, most: 64, isWhole: true, multiple: 8 },
  alpha: { least: 1, most: 1024, isWhole: false },
  beta: { least: 0, most: 10, isWhole: false },
  seed: { least: 0, most: 2 ** 31, isWhole: true },
  patience: { least: 1, most: 1000, isWhole: true },
};

/** The body of `POST /api/jobs`. Throws `invalid_request`. */
export function readCreateJob(body: unknown): CreateJob {
  const given = object(body, "");
  only(given, MEMBERS, "");
  const text = (name: string) => optional(given[name], name, isText);
  const { model, candidate, method } = given;
  if (!isText(given["dataset"])) throw wrong("dataset", "`dataset` is a dataset's name, name@version or id.");
  if (
    candidate !== undefined &&
    (model !== undefined || given["hyperparameters"] !== undefined || method !== undefined)
  )
    throw wrong("candidate", "A `candidate` is there already: it is compared, not trained.");
  if (candidate !== undefined && given["promotion"] === undefined)
    throw wrong("promotion", "`promotion` says in front of which route the candidate is to come.");
  if (method !== undefined && method !== "sft" && method !== "dpo") throw wrong("method", "`method` is sft or dpo.");
  return {
    dataset: given["dataset"],
    ...text("model"),
    ...text("candidate"),
    ...text("trainer"),
    ...optional(given["name"], "name", isName),
    ...(method !== undefined && { method }),
    ...(given["hyperparameters"] !== undefined && { hyperparameters: hyperparameters(given["hyperparameters"]) }),
    ...(given["promotion"] !== undefined && { promotion: promotion(given["promotion"]) }),
  };
}

function hyperparameters(value: unknown): Partial<Hyperparameters> {
  const given = object(value, "hyperparameters");
  only(given, Object.keys(RANGES), "hyperparameters.");
  for (const [name, number] of Object.entries(given)) {
    const { least, most, isWhole, multiple = 1 } = RANGES[name as keyof Hyperparameters];
    const isRight = typeof number === "number" && number >= least && number <= most && (!isWhole || Number.isInteger(number)); // prettier-ignore
    const kind = multiple > 1 ? `a multiple of ${multiple}` : isWhole ? "a whole number" : "a number";
    if (!isRight || (multiple > 1 && number % multiple !== 0))
      throw wrong(`hyperparameters.${name}`, `\`${name}\` is ${kind} from ${least} to ${most}.`);
  }
  return given;
}

function promotion(value: unknown): { route: string } & Partial<JobPromotion> {
  const given = object(value, "promotion");
  only(given, PROMOTION, "promotion.");
  const { route, protect, margin } = given;
  if (!isText(route)) throw wrong("promotion.route", "`route` is a route's name.");
  if (protect !== undefined && !(Array.isArray(protect) && protect.every(isText)))
    throw wrong("promotion.protect", "`protect` is a list of slices: `field=value`, `field=*` or a dataset.");
  if (margin !== undefined && !(typeof margin === "number" && margin >= 0 && margin < 1))
    throw wrong("promotion.margin", "`margin` is a share from 0 to 1: 0.02 = two points.");
  return { route, ...(protect !== undefined && { protect }), ...(margin !== undefined && { margin }) };
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "" && value.length <= 200;
const isName = (value: unknown): value is string => typeof value === "string" && /^[a-z0-9][\w.-]{0,62}$/i.test(value);

function optional<Name extends string>(value: unknown, name: Name, is: (value: unknown) => value is string) {
  if (value === undefined) return {};
  if (!is(value))
    throw wrong(name, `\`${name}\` is ${is === isName ? "letters, digits, `.`, `_` and `-`" : "a text"}.`);
  return { [name]: value } as Partial<Record<Name, string>>;
}

function object(value: unknown, param: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(param, param ? `\`${param}\` must be an object.` : "The body must be a JSON object.");
}

function only(given: object, known: readonly string[], prefix: string): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw wrong(`${prefix}${unknown}`, `There is no \`${prefix}${unknown}\`; there are ${known.join(", ")}.`); // prettier-ignore
}

const wrong = (param: string, reason: string) =>
  new FlywheelError("invalid_request", { reason }, param ? { param } : {});
