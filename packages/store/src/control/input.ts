import {
  type CreateKey,
  FlywheelError,
  isPublishable,
  KEY_SCOPES,
  type KeyScope,
  type SaveFilter,
  type SaveRequest,
} from "@flywheel/protocol";

const MOST_MODELS = 50;
const MOST_FILTER = 4000;
const DAY_SECONDS = 86_400;
const MOST_GRACE_SECONDS = 30 * DAY_SECONDS;

/** @throws FlywheelError `invalid_request` naming the field at fault */
export function readCreateKey(body: unknown): CreateKey {
  const { name, environment, scopes, models, origins, expires } = membersOf(body);
  check(isName(name), "name", "must be 1 to 100 characters.");
  check(
    environment === undefined || (typeof environment === "string" && /^[a-z][a-z0-9-]{0,31}$/.test(environment)),
    "environment",
    "must be lower-case letters, digits and dashes.",
  );
  check(
    scopes === undefined ||
      (isList(scopes) && scopes.length > 0 && scopes.every((one) => KEY_SCOPES.some((known) => known === one))),
    "scopes",
    `must be a list of ${KEY_SCOPES.join(", ")}.`,
  );
  check(
    models === undefined ||
      (isList(models) && models.length > 0 && models.length <= MOST_MODELS && models.every(isModelPattern)),
    "models",
    `must be a list of 1 to ${MOST_MODELS} model names, such as \`local/*\` or \`fast\`; leave it out for all.`,
  );
  check(
    origins === undefined || (isList(origins) && origins.length <= MOST_MODELS && origins.every(isOrigin)),
    "origins",
    "must be a list of web origins, such as `https://app.example.com`, or `*` for any.",
  );
  check(
    !isPublishable((scopes as KeyScope[] | undefined) ?? ["inference"]) || (origins ?? []).length > 0,
    "origins",
    "must say which pages may use a publishable key; `*` = any.",
  );
  check(
    expires === undefined || (Number.isSafeInteger(expires) && (expires as number) > Date.now()),
    "expires",
    "must be a time to come, in epoch milliseconds.",
  );
  return {
    name: name.trim(),
    environment,
    scopes: scopes as KeyScope[] | undefined,
    models: models && [...new Set(models)],
    origins: origins && [...new Set(origins)],
    expires: expires as number | undefined,
  };
}

/** How long a rotated secret still works, in milliseconds. @throws FlywheelError `invalid_request` */
export function readGrace(body: unknown): number {
  const { grace_seconds: grace = DAY_SECONDS } = membersOf(body);
  const fits = typeof grace === "number" && grace >= 0 && grace <= MOST_GRACE_SECONDS;
  check(fits, "grace_seconds", `must be a number from 0 to ${MOST_GRACE_SECONDS}.`);
  return Math.round(grace * 1000);
}

/** @throws FlywheelError `invalid_request` naming the field at fault */
export function readSaveRequest(input: unknown): SaveRequest {
  const { id, name, body } = membersOf(input);
  check(id === undefined || typeof id === "string", "id", "must be a string.");
  check(isName(name), "name", "must be 1 to 100 characters.");
  check(isObject(body), "body", "must be an object.");
  return { ...(id !== undefined && { id }), name: name.trim(), body };
}

/** @throws FlywheelError `invalid_request` naming the field at fault */
export function readSaveFilter(input: unknown): SaveFilter {
  const { name, filter } = membersOf(input);
  check(isName(name), "name", "must be 1 to 100 characters.");
  check(
    isObject(filter) && Object.values(filter).every(isFilterPart) && JSON.stringify(filter).length <= MOST_FILTER,
    "filter",
    `must be an object of texts and numbers, at most ${MOST_FILTER} characters as JSON.`,
  );
  return { name: name.trim(), filter: filter as SaveFilter["filter"] };
}

const isFilterPart = (value: unknown): boolean => typeof value === "string" || Number.isFinite(value);

function check(holds: boolean, param: string, rule: string): asserts holds {
  if (!holds) throw new FlywheelError("invalid_request", { reason: `\`${param}\` ${rule}` }, { param });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function membersOf(body: unknown): Record<string, unknown> {
  return isObject(body) ? body : {};
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" && value.length <= 100;
}

const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

const isOrigin = (text: string): boolean => text === "*" || (URL.canParse(text) && new URL(text).origin === text);

/** Anything a model may be called, with `*` for any characters; a comma separates them on the command line. */
const isModelPattern = (text: string): boolean => /^[^\s,]{1,200}$/.test(text);
