import type { EventDefinition, EventDefinitions, EventField } from "@flywheel/protocol";
import type { EventInput } from "flywheel";
import {
  at,
  entriesOf,
  expected,
  isObjectOf,
  itemsOf,
  keysOf,
  numberAt,
  type Place,
  report,
  stringAt,
} from "./expect.ts";
import { isPlainObject } from "./plain-data.ts";

const EVENT_KEYS = keysOf<EventInput>({
  payload: true,
  reward: true,
  label: true,
  demonstration: true,
  preference: true,
});
const EVENT_NAME = { test: /^[a-z][a-z0-9_.-]{0,63}$/, what: "lower-case letters, digits, dots and dashes" };
const FIELD_NAME = { test: /^[A-Za-z_]\w{0,63}$/, what: "letters, digits and underscores" };
const FIELD = /^(string|number|boolean|generation|json)(\??)$/;

/** What a default export of `events.ts` means, or everything that is wrong with it. */
export function validateEvents(input: unknown): { events: EventDefinitions } | { problems: string[] } {
  const problems: string[] = [];
  const whole: Place = { value: input, path: "", problems };
  const events = entriesOf(whole, EVENT_NAME, eventOf);
  return problems.length > 0 ? { problems } : { events };
}

function eventOf(place: Place): EventDefinition | undefined {
  if (!isObjectOf(place, EVENT_KEYS)) return undefined;
  const payload = entriesOf(at(place, "payload"), FIELD_NAME, fieldOf);
  /** The name of a field, which has to be there and of a kind. */
  const field = (of: Place, kinds: (field: EventField) => boolean, what: string): string | undefined => {
    const name = stringAt(of, "the name of a field of its payload");
    if (name === undefined) return undefined;
    if (!Object.hasOwn(payload, name)) return report(of, `\`${name}\` is no field of its payload`);
    return kinds(payload[name]!) ? name : report(of, `\`${name}\` must be ${what}`);
  };
  const given = (key: keyof EventInput) => isPlainObject(place.value) && place.value[key] !== undefined;
  const labels = at(place, "label");
  const label = Array.isArray(labels.value)
    ? itemsOf(labels, "a list of fields", (item) => field(item, isLabel, LABEL))
    : [given("label") ? field(labels, isLabel, LABEL) : undefined].filter((name) => name !== undefined);
  const reward = given("reward") ? rewardOf(at(place, "reward"), payload, field) : undefined;
  const demonstration = given("demonstration")
    ? field(at(place, "demonstration"), ({ type }) => type === "string" || type === "json", "a string or json")
    : undefined;
  const preference = given("preference")
    ? field(at(place, "preference"), ({ type }) => type === "generation", "a generation")
    : undefined;
  return {
    payload,
    ...(reward !== undefined && { reward }),
    ...(label.length > 0 && { label }),
    ...(demonstration !== undefined && { demonstration }),
    ...(preference !== undefined && { preference }),
  };
}

const LABEL = "a string, a number, a boolean or a list of words";
const isLabel = ({ type }: EventField) => type !== "generation" && type !== "json";

function fieldOf(place: Place): EventField | undefined {
  if (Array.isArray(place.value)) {
    const words = itemsOf(place, "a list of words", (item) => stringAt(item, "a word"));
    return words.length > 0 ? { type: words, optional: false } : report(place, "a list needs at least one word");
  }
  const [, type, mark] = FIELD.exec(String(place.value)) ?? [];
  if (type === undefined)
    return expected(
      place,
      "string, number, boolean, generation or json (with a ? at the end: optional), or a list of words",
    );
  return { type: type as EventField["type"], optional: mark === "?" };
}

const RANGE = { min: -1, max: 1 };
const WHAT = "a number from -1 to 1";

type FieldAt = (of: Place, kinds: (field: EventField) => boolean, what: string) => string | undefined;

function rewardOf(place: Place, payload: EventDefinition["payload"], fieldAt: FieldAt): EventDefinition["reward"] {
  if (typeof place.value === "number") return numberAt(place, RANGE, WHAT);
  if (typeof place.value === "string") {
    const field = fieldAt(place, ({ type }) => type === "number", "a number");
    return field === undefined ? undefined : { field };
  }
  const [field, ...others] = isPlainObject(place.value) ? Object.keys(place.value) : [];
  if (field === undefined || others.length > 0)
    return expected(place, "a number from -1 to 1, the name of a number field, or { field: { word: number } }");
  const words = payload[field]?.type;
  if (typeof words !== "object")
    return report(place, `\`${field}\` must be a field of its payload with a list of words`);
  const values = entriesOf(at(place, field), { test: /^/, what: "" }, (entry, word) =>
    words.includes(word) ? numberAt(entry, RANGE, WHAT) : report(entry, `\`${word}\` is none of ${words.join(", ")}`),
  );
  return { field, values };
}
