import { type Document, openDocument, type Place, ReferenceError, type Schema } from "./documents.ts";

type Keywords = { readonly [keyword: string]: unknown };

/** Keywords whose value is a schema, a list of schemas, or schemas by name. What is none of these is data. */
const ONE = new Set(["additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties"]); // prettier-ignore
const LIST = new Set(["allOf", "anyOf", "items", "oneOf", "prefixItems"]);
const NAMED = new Set(["dependentSchemas", "patternProperties", "properties"]);
/** What they say is said by the names of components. */
const LEFT_OUT = new Set(["$anchor", "$comment", "$defs", "$dynamicAnchor", "$id", "$schema", "definitions"]);
const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"];

/** Where components are found in a document that holds them. */
export const COMPONENTS = "#/components/schemas/";

/** Schemas in one document, and the names that they got there. */
export interface Components {
  /** In the order of the schemas asked for. */
  names: string[];
  components: Record<string, Schema>;
}

/**
 * Several schemas in one document: each under its name, and each definition that they refer to under its own. What two
 * of them define alike is there once; where they mean different things by a name, the later one's is longer. Every
 * reference is `#/components/schemas/<name>`; one that leads nowhere becomes a schema that allows anything.
 *
 * @param reserved names that none may have
 */
export function componentsOf(
  schemas: readonly (readonly [name: string, schema: Schema])[],
  reserved: Iterable<string> = [],
): Components {
  const components = new Map<string, Schema>();
  const meanings = new Map([...reserved].map((name) => [name, "reserved"]));
  const names = schemas.map(([name]) => take(name, "", "a schema of its own", meanings));
  for (const [index, [, schema]] of schemas.entries()) {
    const owner = names[index]!;
    const document = openDocument(schema);
    const known = new Map([[document.root, owner]]);
    const nameOf = (place: Place): string => {
      let name = known.get(place);
      if (name === undefined) {
        name = take(lastName(place), owner, meaningOf(document, place), meanings);
        known.set(place, name);
      }
      return name;
    };
    // It grows while it is gone through.
    for (const [place, name] of known)
      if (!components.has(name)) components.set(name, rewrite(document, place, nameOf));
  }
  return { names, components: Object.fromEntries(components) };
}

/** What an endpoint takes and answers; `null` = text. */
interface Typed {
  readonly name: string;
  readonly input: Schema;
  readonly output: Schema | null;
}

/** An endpoint, and the names of its types. */
export interface Named<Endpoint> {
  endpoint: Endpoint;
  input: string;
  output: string;
}

/** The types of endpoints in one document, as `componentsOf`: `TriageInput` and `TriageOutput` for `triage`. */
export function endpointComponents<Endpoint extends Typed>(
  endpoints: readonly Endpoint[],
  reserved: Iterable<string>,
): { named: Named<Endpoint>[]; components: Record<string, Schema> } {
  const asked = endpoints.flatMap(({ name, input, output }): [string, Schema][] => {
    const base = identifierOf(name);
    return [
      [`${base}Input`, input],
      [`${base}Output`, output ?? { type: "string" }],
    ];
  });
  const { names, components } = componentsOf(asked, reserved);
  const named = endpoints.map((endpoint, i) => ({ endpoint, input: names[2 * i]!, output: names[2 * i + 1]! }));
  return { named, components };
}

/** The name, or one like it, that means this or nothing yet. What has no owner is never the same as something else. */
function take(wanted: string, owner: string, meaning: string, meanings: Map<string, string>): string {
  const isFree = (name: string) => !meanings.has(name) || (owner !== "" && meanings.get(name) === meaning);
  let name = isFree(wanted) ? wanted : owner + wanted;
  for (let i = 2; !isFree(name); i++) name = `${owner}${wanted}${i}`;
  meanings.set(name, meaning);
  return name;
}

function lastName({ pointer }: Place): string {
  const step = pointer.slice(pointer.lastIndexOf("/") + 1);
  return identifierOf(decodeStep(step)) || "Part";
}

const decodeStep = (step: string) => step.replaceAll("~1", "/").replaceAll("~0", "~");

/** `support/send-mail` becomes `SupportSendMail`: what a type may be called anywhere. "" where nothing is left. */
function identifierOf(text: string): string {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "");
  const words = plain.match(/\w+/g) ?? [];
  const joined = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  return /^\d/.test(joined) ? `_${joined}` : joined;
}

/** Equal for places that allow the same because the same is written there, and wherever they refer to. */
function meaningOf(document: Document, place: Place): string {
  const reached = new Set([place]);
  for (const each of reached) rewrite(document, each, (target) => (reached.add(target), ""));
  return JSON.stringify([...reached].map(({ pointer, schema }) => [pointer, schema]));
}

function rewrite(document: Document, place: Place, nameOf: (target: Place) => string): Schema {
  const { schema } = place;
  if (typeof schema === "boolean") return schema;
  const child = (...path: (string | number)[]): Schema => {
    const found = document.child(place, ...path);
    return found ? rewrite(document, found, nameOf) : true;
  };
  const entries = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (LEFT_OUT.has(keyword)) return [];
    if (REFERENCES.includes(keyword)) return referenceTo(document, place, String(value), nameOf);
    if (Array.isArray(value)) return [[keyword, LIST.has(keyword) ? value.map((_, i) => child(keyword, i)) : value]];
    if (ONE.has(keyword)) return [[keyword, child(keyword)]];
    if (!NAMED.has(keyword)) return [[keyword, value]];
    const names = Object.keys(value as Keywords);
    return [[keyword, Object.fromEntries(names.map((name) => [name, child(keyword, name)]))]];
  });
  return Object.fromEntries(entries);
}

function referenceTo(
  document: Document,
  place: Place,
  reference: string,
  nameOf: (target: Place) => string,
): [string, unknown][] {
  try {
    return [["$ref", COMPONENTS + nameOf(document.resolve(place, reference))]];
  } catch (error) {
    if (error instanceof ReferenceError) return [];
    throw error;
  }
}
