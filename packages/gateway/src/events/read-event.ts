import { type Consent, CONSENTS, type EventDefinition, type EventDefinitions, FlywheelError } from "@flywheel/protocol";

/** An event as it was sent, checked for its shape. What it says of generations is not checked yet. */
export interface ReadEvent {
  id: string;
  name: string;
  /** Id or token. */
  generation: string;
  time: number | undefined;
  payload: Record<string, unknown>;
  user: string;
  consent: Consent;
  /** Payload fields that name other generations. */
  others: string[];
}

const ID = /^evt_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const NAME = /^[a-z][a-z0-9_.-]{0,63}$/;
const KEYS = new Set(["id", "name", "generation", "time", "payload", "user", "consent"]);
const MOST_FIELDS = 32;

/** @throws FlywheelError `invalid_request` naming the field at fault */
export function readEvent(value: unknown, definitions: EventDefinitions): ReadEvent {
  check(isObject(value), "events", "must be a list of objects.");
  const { id, name, generation, time, payload = {}, user = "", consent = "unknown" } = value;
  for (const key of Object.keys(value)) check(KEYS.has(key), key.slice(0, 64), "is no member of an event.");
  check(typeof id === "string" && ID.test(id), "id", "must be `evt_` and a UUIDv7 in lower case.");
  check(typeof name === "string" && NAME.test(name), "name", "must be lower-case letters, digits, dots and dashes.");
  check(
    typeof generation === "string" && generation.length <= 200,
    "generation",
    "must be a generation's id or token.",
  );
  check(
    time === undefined || (Number.isSafeInteger(time) && (time as number) > 0),
    "time",
    "must be epoch milliseconds.",
  );
  check(typeof user === "string" && user.length <= 200, "user", "must be a string of at most 200 characters.");
  const known = CONSENTS.find((one) => one === consent);
  check(known !== undefined, "consent", `must be one of ${CONSENTS.join(", ")}.`);
  check(
    isObject(payload) && Object.keys(payload).length <= MOST_FIELDS,
    "payload",
    `must be an object of at most ${MOST_FIELDS} fields.`,
  );
  // An event that this server has no meaning for (yet) is kept as it is.
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  if (definition) checkPayload(name, payload, definition);
  const others = definition ? generationFields(definition).filter((field) => payload[field] !== undefined) : [];
  return { id, name, generation, time: time as number | undefined, payload, user, consent: known, others };
}

function checkPayload(name: string, payload: Record<string, unknown>, { payload: fields }: EventDefinition): void {
  for (const field of Object.keys(payload))
    check(Object.hasOwn(fields, field), `payload.${field.slice(0, 64)}`, `is no field of the event \`${name}\`.`);
  for (const [field, { type, optional }] of Object.entries(fields)) {
    const value = payload[field];
    if (value === undefined && optional) continue;
    const place = `payload.${field}`;
    if (typeof type === "object")
      check(
        type.some((word) => word === value),
        place,
        `must be one of ${type.join(", ")}.`,
      );
    else if (type === "json") check(value !== undefined && value !== null, place, "is missing.");
    else if (type === "number") check(Number.isFinite(value), place, "must be a number.");
    else check(typeof value === (type === "generation" ? "string" : type), place, `must be a ${type}.`);
  }
}

const generationFields = ({ payload }: EventDefinition): string[] =>
  Object.keys(payload).filter((field) => payload[field]!.type === "generation");

function check(holds: boolean, param: string, rule: string): asserts holds {
  if (!holds) throw new FlywheelError("invalid_request", { reason: `\`${param}\` ${rule}` }, { param });
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
