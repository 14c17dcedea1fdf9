import { validator } from "../validate.ts";
import type { Fields, Lift, Lowerer, Part, Piece } from "./lower.ts";
import { Facets } from "./scalars.ts";

interface Member extends Piece {
  required: boolean;
}

/** Properties without a name of their own. */
interface Others {
  /** Nothing: no such properties, or none that are worth asking for. */
  value: Piece | undefined;
  /** Whether a name may stand there. */
  fits: (name: string) => boolean;
  /** Whether they were asked for, and not only not forbidden. */
  wanted: boolean;
}

export function lowerObject(lowerer: Lowerer, parts: readonly Part[]): Piece | undefined {
  const members = membersOf(lowerer, parts);
  if (!members) return undefined;
  const facets = new Facets(lowerer, parts);
  for (const keyword of ["properties", "required", "additionalProperties", "unevaluatedProperties"]) facets.note(keyword, "enforced"); // prettier-ignore
  for (const keyword of ["minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "dependencies"]) facets.onlySay(keyword); // prettier-ignore
  const others = othersOf(lowerer, facets, parts, members);
  return lowerer.rules.closed ? closedObject(lowerer, facets, members, others) : openObject(lowerer, facets, members, others); // prettier-ignore
}

/** `undefined`: one that must be there has no value. */
function membersOf(lowerer: Lowerer, parts: readonly Part[]): Map<string, Member> | undefined {
  const required = new Set(parts.flatMap(({ fields }) => (Array.isArray(fields["required"]) ? (fields["required"] as string[]) : []))); // prettier-ignore
  const names = new Set([...parts.flatMap(({ fields }) => Object.keys(ownOf(fields, "properties"))), ...required]);
  const members = new Map<string, Member>();
  for (const name of names) {
    const said = saidOf(lowerer, parts, name);
    const piece = said && lowerer.lower(said);
    if (piece) members.set(name, { ...piece, required: required.has(name) });
    else if (required.has(name)) return undefined;
  }
  return members;
}

/** Everything that is said of the property of this name; `false` where it is forbidden. */
function saidOf({ part }: Lowerer, parts: readonly Part[], name: string): readonly Part[] | false {
  const said: (Part | false)[] = [];
  const rest: (Part | false)[] = [];
  let known = false;
  for (const { fields, pointer } of parts) {
    const here: (Part | false)[] = [];
    if (Object.hasOwn(ownOf(fields, "properties"), name)) here.push(part(`${pointer}/properties/${escape(name)}`));
    for (const source of Object.keys(ownOf(fields, "patternProperties")))
      if (matches(source, name)) here.push(part(`${pointer}/patternProperties/${escape(source)}`));
    if (here.length === 0 && "additionalProperties" in fields) here.push(part(`${pointer}/additionalProperties`));
    if ("unevaluatedProperties" in fields) rest.push(part(`${pointer}/unevaluatedProperties`));
    if (here.length > 0) known = true;
    said.push(...here);
  }
  const all = known ? said : [...said, ...rest];
  return all.includes(false) ? false : (all as Part[]);
}

function othersOf(
  lowerer: Lowerer,
  facets: Facets,
  parts: readonly Part[],
  members: ReadonlyMap<string, Member>,
): Others {
  // prettier-ignore
  const patterns = parts.flatMap(({ fields, pointer }) => Object.keys(ownOf(fields, "patternProperties")).map((source) => ({ source, pointer }))); // prettier-ignore
  const keywords = ["additionalProperties", "unevaluatedProperties"];
  const rests = parts.flatMap(({ fields, pointer }) => keywords.flatMap((keyword) => (keyword in fields ? [lowerer.part(`${pointer}/${keyword}`)] : []))); // prettier-ignore
  const nameFits = namesOf(facets, parts);
  const named = (name: string) => members.has(name) || parts.some(({ fields }) => Object.hasOwn(ownOf(fields, "properties"), name)); // prettier-ignore
  const unmatched = (name: string) => !named(name) && nameFits(name) && patterns.every(({ source }) => !matches(source, name)); // prettier-ignore
  if (patterns.length === 1 && parts.length === 1) {
    const [{ source, pointer }] = patterns as [{ source: string; pointer: string }];
    const said = lowerer.part(`${pointer}/patternProperties/${escape(source)}`);
    facets.note("patternProperties", "enforced");
    const value = said && lowerer.lower([said]);
    return { value: value || undefined, fits: (name) => !named(name) && nameFits(name) && matches(source, name), wanted: true }; // prettier-ignore
  }
  facets.note("patternProperties", "approximated", "such properties are left out");
  if (rests.includes(false)) return { value: undefined, fits: unmatched, wanted: false };
  const wanted = members.size === 0 || rests.length > 0;
  return { value: wanted ? lowerer.lower(rests as Part[]) : undefined, fits: unmatched, wanted };
}

/** `propertyNames`: held to where names are free, and where they are not they were written by hand. */
function namesOf(facets: Facets, parts: readonly Part[]): (name: string) => boolean {
  const schemas = parts.flatMap(({ fields }) => ("propertyNames" in fields ? [fields["propertyNames"]] : []));
  if (schemas.length === 0) return () => true;
  facets.onlySay("propertyNames");
  try {
    const check = validator({ allOf: schemas });
    return (name) => check(name).length === 0;
  } catch {
    return () => true;
  }
}

/** Nothing but named properties: any others are pairs in a list of its own. */
function closedObject({ rules }: Lowerer, facets: Facets, members: ReadonlyMap<string, Member>, others: Others): Piece {
  const properties: Record<string, Fields> = {};
  for (const [name, { schema, required }] of members)
    define(properties, name, required || !rules.allRequired ? schema : nullable(schema));
  const { value, fits } = others;
  const required = [...members].filter(([, member]) => rules.allRequired || member.required).map(([name]) => name);
  if (!value) {
    const lift = membersLift(members, rules.allRequired, undefined);
    const optional = [...members].filter(([, member]) => rules.allRequired && !member.required).map(([name]) => name);
    const strip = { optional: new Set(optional), members };
    return { schema: objectSchema(properties, required, facets), ...(lift && { lift, strip }) };
  }
  const pair = { type: "object", properties: { name: { type: "string" }, value: value.schema }, required: ["name", "value"], additionalProperties: false }; // prettier-ignore
  const pairs = { type: "array", items: pair, description: "properties, by name" };
  const back = (list: unknown): [string, unknown][] =>
    (list as { name: string; value: unknown }[]).flatMap((each) => (fits(each.name) ? [[each.name, value.lift ? value.lift(each.value) : each.value]] : [])); // prettier-ignore
  if (members.size === 0) return { schema: { ...pairs, ...facets.fields() }, lift: (list) => Object.fromEntries(back(list)) }; // prettier-ignore
  const holder = unusedName(members);
  define(properties, holder, pairs);
  const lift = membersLift(members, rules.allRequired, { holder, back });
  return { schema: objectSchema(properties, [...required, holder], facets), ...(lift && { lift }) };
}

function objectSchema(properties: Fields, required: readonly string[], facets: Facets): Fields {
  return { type: "object", properties, required, additionalProperties: false, ...facets.fields() };
}

function membersLift(
  members: ReadonlyMap<string, Member>,
  allRequired: boolean,
  pairs: { holder: string; back(list: unknown): [string, unknown][] } | undefined,
): Lift | undefined {
  const plain = [...members.values()].every(({ lift, required }) => !lift && (required || !allRequired));
  if (plain && !pairs) return undefined;
  return (value) =>
    Object.fromEntries(
      membersIn(value).flatMap(([name, each]): [string, unknown][] => {
        if (pairs && name === pairs.holder) return pairs.back(each);
        const member = members.get(name);
        if (allRequired && member && !member.required && each === null) return [];
        return [[name, member?.lift ? member.lift(each) : each]];
      }),
    );
}

/** Open where it was open. What has no name is only asked for where it was wanted. */
function openObject({ rules }: Lowerer, facets: Facets, members: ReadonlyMap<string, Member>, others: Others): Piece {
  const properties: Record<string, Fields> = {};
  for (const [name, { schema }] of members) define(properties, name, schema);
  const required = [...members].filter(([, member]) => member.required).map(([name]) => name);
  const rest = others.wanted && others.value ? others.value : undefined;
  const back = rest?.lift;
  const plain = !back && !rest && [...members.values()].every(({ lift }) => !lift);
  const lift: Lift = (value) =>
    Object.fromEntries(
      membersIn(value).flatMap(([name, each]): [string, unknown][] => {
        const member = members.get(name);
        if (member) return [[name, member.lift ? member.lift(each) : each]];
        return others.fits(name) ? [[name, back ? back(each) : each]] : [];
      }),
    );
  const additionalProperties = rest && rules.keywords.has("additionalProperties") ? rest.schema : false;
  const schema = { type: "object", properties, ...(required.length > 0 && { required }), additionalProperties };
  return { schema: { ...schema, ...facets.fields() }, ...(!plain && { lift }) };
}

const nullable = (schema: Fields): Fields => ({ anyOf: [...(isChoice(schema) ? (schema["anyOf"] as Fields[]) : [schema]).filter(({ type }) => type !== "null"), { type: "null" }] }); // prettier-ignore
const isChoice = (schema: Fields) => Array.isArray(schema["anyOf"]) && Object.keys(schema).length === 1;

function unusedName(members: ReadonlyMap<string, unknown>): string {
  for (let name = "other_properties"; ; name += "_") if (!members.has(name)) return name;
}

function ownOf(fields: Fields, keyword: string): Fields {
  const value = fields[keyword];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function membersIn(value: unknown): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("not an object");
  return Object.entries(value);
}

/** `__proto__` is a name like any other. */
const define = (object: object, name: string, value: unknown) => void Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true }); // prettier-ignore

function matches(source: string, name: string): boolean {
  try {
    return new RegExp(source, "u").test(name);
  } catch {
    return false;
  }
}

const escape = (step: string) => step.replaceAll("~", "~0").replaceAll("/", "~1");
