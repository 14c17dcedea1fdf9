import { createHash } from "node:crypto";
import type { Schema } from "../src/index.ts";

type Fields = Record<string, unknown>;

/** Random choices, the same for the same seed. */
interface Dice {
  /** From 0, below `sides`. */
  below(sides: number): number;
  /** True in so many of a hundred cases. */
  chance(percent: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** `[weight, value]`: the heavier the likelier. */
  weighted<T>(list: readonly (readonly [number, T])[]): T;
}

/** Sfc32 (Chris Doty-Humphrey, PractRand). */
function diceOf(seed: number): Dice {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  const below = (sides: number) => Math.floor(next() * sides);
  return {
    below,
    chance: (percent) => next() * 100 < percent,
    pick: (list) => list[below(list.length)]!,
    weighted(list) {
      let rest = next() * list.reduce((sum, [weight]) => sum + weight, 0);
      return (list.find(([weight]) => (rest -= weight) < 0) ?? list.at(-1)!)[1];
    },
  };
}

const NAMES = ["id", "name", "kind", "parts", "when", "due date", "note", "x", "y", "né", 'q"t', "a/b", "total", "next", "tags", "0"]; // prettier-ignore
const TEXTS = ["", "red", "green", "dark blue", "N/A", 'a "b"', "back\\slash", "tab\there", "日本", "🙂", "null", "1"];
const NUMBERS = [0, 1, -1, 2.5, -0.25, 7, 42, 100, 999, -1000, 1e6];

/** A schema of the list, by its number: like those that people write, some of them odd. */
export function randomSchema(number: number): Schema {
  const dice = diceOf(number * 7919 + 17);
  const shared = dice.chance(30) ? NAMES.slice(0, 1 + dice.below(3)).map((_, i) => `Def${i}`) : [];
  const maker = { dice, shared };
  const root = dice.chance(80) ? objectSchema(maker, 0) : schemaAt(maker, 0);
  if (shared.length === 0) return root;
  return { ...root, $defs: Object.fromEntries(shared.map((name) => [name, objectSchema(maker, 1)])) };
}

interface Maker {
  dice: Dice;
  /** Names in `$defs`, for references: from anywhere, so also round in circles. */
  shared: readonly string[];
}

const DEEPEST = 4;

function schemaAt(maker: Maker, depth: number): Fields {
  const { dice, shared } = maker;
  const simple = depth >= DEEPEST;
  const make = dice.weighted<(maker: Maker, depth: number) => Fields>([
    [24, stringSchema],
    [20, numberSchema],
    [8, () => ({ type: "boolean" })],
    [2, () => ({ type: "null" })],
    [10, enumSchema],
    [3, () => ({ const: dice.pick([...TEXTS, ...NUMBERS, true, null, [1, "a"], { a: 1 }]) })],
    [simple ? 0 : 14, arraySchema],
    [simple ? 0 : 14, objectSchema],
    [simple ? 0 : 8, choiceSchema],
    [simple ? 0 : 3, mergedSchema],
    [simple ? 0 : 1, rareSchema],
    [shared.length > 0 ? 6 : 0, () => ({ $ref: `#/$defs/${dice.pick(shared)}` })],
    [1, () => ({ type: dice.pick([["string", "null"], ["integer", "string"], ["boolean", "null"]]) })], // prettier-ignore
    [0.5, () => ({})],
  ]);
  const made = make(maker, depth);
  return dice.chance(20) ? { ...made, description: "what it is for" } : made;
}

function bounds(dice: Dice, least: string, most: string, largest: number): Fields {
  const low = dice.below(largest);
  const fields: Fields = {};
  if (dice.chance(50)) fields[least] = low;
  if (dice.chance(60)) fields[most] = low + dice.below(largest);
  return fields;
}

function stringSchema({ dice }: Maker): Fields {
  const kind = dice.weighted([[50, "any"], [18, "length"], [18, "pattern"], [12, "format"], [2, "both"]] as const); // prettier-ignore
  const fields: Fields = { type: "string" };
  if (kind === "length" || kind === "both") Object.assign(fields, bounds(dice, "minLength", "maxLength", 12));
  if (kind === "pattern") fields["pattern"] = dice.chance(75) ? `^${pattern(dice, 2)}$` : pattern(dice, 1);
  if (kind === "both") fields["pattern"] = "^[a-z0-9 ]*$";
  if (kind === "format")
    fields["format"] = dice.weighted([[8, "date"], [6, "uuid"], [4, "date-time"], [3, "email"], [3, "ipv4"], [2, "uri"], [1, "time"], [1, "hostname"], [1, "json-pointer"], [1, "x-ours"]]); // prettier-ignore
  return fields;
}

function pattern(dice: Dice, depth: number): string {
  const atom = (): string =>
    dice.weighted<() => string>([
      [4, () => dice.pick(["[a-z]", "[A-Z]", "[0-9]", "\\d", "\\w", '[^\\s"]', "[a-fA-F0-9]", "[äöü]", "."])],
      [3, () => dice.pick(["a", "id-", "x", "\\.", "/", "#", "é", "-", "\\$"])],
      [depth > 0 ? 2 : 0, () => `(${pattern(dice, depth - 1)}|${pattern(dice, depth - 1)})`],
      [depth > 0 ? 1 : 0, () => `(?:${pattern(dice, depth - 1)})`],
    ])();
  const count = () => dice.weighted<() => string>([[5, () => ""], [1, () => "+"], [1, () => "*"], [1, () => "?"], [2, () => `{${1 + dice.below(4)}}`], [1, () => `{1,${2 + dice.below(4)}}`]])(); // prettier-ignore
  return Array.from({ length: 1 + dice.below(3) }, () => atom() + count()).join("");
}

function numberSchema({ dice }: Maker): Fields {
  const type = dice.chance(60) ? "integer" : "number";
  if (dice.chance(45)) return { type };
  const low = dice.pick(NUMBERS);
  const high = low + dice.pick([1, 3, 9.5, 20, 250, 10_000]);
  const fields: Fields = { type };
  if (dice.chance(75)) fields[dice.chance(85) ? "minimum" : "exclusiveMinimum"] = low;
  if (dice.chance(65)) fields[dice.chance(85) ? "maximum" : "exclusiveMaximum"] = high;
  if (dice.chance(7)) fields["multipleOf"] = type === "integer" ? dice.pick([2, 5, 10]) : dice.pick([0.5, 0.25, 0.01]);
  return fields;
}

function enumSchema({ dice }: Maker): Fields {
  const from: readonly unknown[] = dice.chance(80) ? TEXTS : dice.chance(60) ? NUMBERS : [...TEXTS, ...NUMBERS, null, true, false]; // prettier-ignore
  const values = [...new Set(Array.from({ length: 1 + dice.below(6) }, () => dice.pick(from)))];
  return { enum: values, ...(from === TEXTS && dice.chance(50) && { type: "string" }) };
}

function arraySchema(maker: Maker, depth: number): Fields {
  const { dice } = maker;
  const fields: Fields = { type: "array" };
  if (dice.chance(15)) fields["prefixItems"] = Array.from({ length: 1 + dice.below(3) }, () => schemaAt(maker, depth + 1)); // prettier-ignore
  if (dice.chance(90))
    fields["items"] = dice.chance(fields["prefixItems"] ? 40 : 0) ? false : schemaAt(maker, depth + 1);
  if (dice.chance(35) && fields["items"] !== false) Object.assign(fields, bounds(dice, "minItems", "maxItems", 4));
  if (dice.chance(6)) fields["uniqueItems"] = true;
  if (dice.chance(2)) fields["contains"] = schemaAt(maker, depth + 1);
  return fields;
}

function objectSchema(maker: Maker, depth: number): Fields {
  const { dice } = maker;
  const names = [...new Set(Array.from({ length: 1 + dice.below(depth === 0 ? 7 : 4) }, () => dice.pick(NAMES)))];
  const required = names.filter(() => dice.chance(60));
  const fields: Fields = {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, schemaAt(maker, depth + 1)])),
  };
  if (required.length > 0) fields["required"] = required;
  const rest = dice.weighted([[55, "closed"], [25, "open"], [12, "record"], [5, "patterns"], [3, "names"]] as const); // prettier-ignore
  if (rest === "closed") fields["additionalProperties"] = false;
  if (rest === "record") fields["additionalProperties"] = schemaAt(maker, depth + 1);
  if (rest === "patterns") Object.assign(fields, { patternProperties: { "^x-": schemaAt(maker, depth + 1) }, additionalProperties: false }); // prettier-ignore
  if (rest === "names") fields["propertyNames"] = { pattern: '^[a-zA-Z0-9 é"/]{1,12}$' };
  if (dice.chance(5)) fields["minProperties"] = 1 + dice.below(names.length);
  if (dice.chance(4)) fields["maxProperties"] = Math.max(required.length, names.length) + dice.below(3);
  if (dice.chance(2) && names.length > 1) fields["dependentRequired"] = { [names[0]!]: [names[1]!] };
  return fields;
}

function choiceSchema(maker: Maker, depth: number): Fields {
  const { dice } = maker;
  if (dice.chance(30)) return { anyOf: [schemaAt(maker, depth + 1), { type: "null" }] };
  if (dice.chance(50)) {
    const kinds = ["circle", "square", "line"].slice(0, 2 + dice.below(2));
    const each = kinds.map((kind) => {
      const { properties, ...rest } = objectSchema(maker, depth + 1);
      return { ...rest, properties: { ...(properties as Fields), kind: { const: kind } }, required: ["kind"] };
    });
    return { [dice.pick(["anyOf", "oneOf"])]: each };
  }
  return { [dice.weighted([[3, "anyOf"], [1, "oneOf"]])]: Array.from({ length: 2 + dice.below(2) }, () => schemaAt(maker, depth + 1)) }; // prettier-ignore
}

function mergedSchema(maker: Maker, depth: number): Fields {
  const [first, second] = [objectSchema(maker, depth + 1), objectSchema(maker, depth + 1)];
  for (const part of [first, second]) delete part["additionalProperties"];
  for (const part of [first, second]) delete part["patternProperties"];
  // The same name with two types would allow nothing.
  const { kind: _, ...others } = second["properties"] as Fields;
  const mine = Object.entries(others).filter(([name]) => !Object.hasOwn(first["properties"] as Fields, name));
  return { allOf: [first, { type: "object", properties: Object.fromEntries(mine) }] };
}

function rareSchema(maker: Maker, depth: number): Fields {
  const { dice } = maker;
  const object = objectSchema(maker, depth + 1);
  return dice.pick<Fields>([
    { type: "string", not: { enum: ["red", "green"] } },
    { type: ["string", "integer"], not: { type: "integer" } },
    // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's word
    { ...object, if: { properties: { kind: { const: "a" } }, required: ["kind"] }, then: { required: ["id"] } },
    { ...object, not: { required: ["x", "y"] } },
    { ...object, unevaluatedProperties: false },
  ]);
}

/** The schemas that a fuzz run goes through, and the hash of their JSON, one a line: the list cannot change unseen. */
export const FUZZ_LIST = { size: 4000, sha256: "1998e947691d82aabbf5aa28935fd12c2914749df25bc77eb5aa859517486e13" };

/** The hash of the list as it is made now. */
export function fuzzListHash(): string {
  const hash = createHash("sha256");
  for (let number = 0; number < FUZZ_LIST.size; number++) hash.update(`${JSON.stringify(randomSchema(number))}\n`);
  return hash.digest("hex");
}
