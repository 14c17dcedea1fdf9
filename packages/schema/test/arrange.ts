import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Schema } from "../src/index.ts";

type Fields = Record<string, unknown>;

/** A validator that takes every draft as it comes and asks nobody for what is missing. */
export function validator(schema: Schema): ((data: unknown) => boolean) | undefined {
  try {
    const check = ajvFor(schema).compile(withoutDialect(schema));
    return (data) => {
      try {
        return check(data);
      } catch {
        return true; // a schema that refers to itself, without end
      }
    };
  } catch {
    return undefined; // a draft or a reference that it does not know
  }
}

function ajvFor(schema: Schema): Ajv {
  const options = { strict: false, validateSchema: false, validateFormats: false, logger: false } as const;
  const text = JSON.stringify(schema);
  return /draft-0?[3-7]|"definitions"/.test(text) ? new Ajv(options) : new Ajv2020(options);
}

function withoutDialect(schema: Schema): Schema {
  if (typeof schema === "boolean") return schema;
  const { $schema: _, id: __, ...rest } = schema;
  return rest;
}

/**
 * The value with the keys of its objects in the order in which its schema names them, compact: the text that a grammar
 * with a fixed order can be asked to accept. Of `anyOf` and `oneOf` the first schema that the value fits decides.
 */
export function arranged(schema: Schema, value: unknown): string {
  const ajv = ajvFor(schema);
  try {
    ajv.addSchema(withoutDialect(schema), "root");
  } catch {
    // Then every branch counts as fitting.
  }
  const fits = (pointer: string, data: unknown): boolean => {
    try {
      return ajv.getSchema(`root#${encodeURI(pointer)}`)?.(data) !== false;
    } catch {
      return true;
    }
  };

  /** Pointers of every schema that speaks of the value, in the order in which a reader meets them. */
  function speaking(pointer: string, data: unknown, found: string[] = []): string[] {
    const at = look(schema, pointer);
    if (typeof at !== "object" || at === null || found.includes(pointer)) return found;
    const fields = at as Fields;
    found.push(pointer);
    if (typeof fields["$ref"] === "string" && /^#(\/|$)/.test(fields["$ref"]))
      speaking(decodeURIComponent(fields["$ref"].slice(1)), data, found);
    each(fields, "allOf", (i) => speaking(`${pointer}/allOf/${i}`, data, found));
    for (const keyword of ["anyOf", "oneOf"]) {
      let chosen = false;
      each(fields, keyword, (i) => {
        const branch = `${pointer}/${keyword}/${i}`;
        if (chosen || !fits(branch, data)) return;
        chosen = true;
        speaking(branch, data, found);
      });
    }
    if ("if" in fields)
      for (const keyword of fits(`${pointer}/if`, data) ? ["if", "then"] : ["if", "else"])
        if (keyword in fields) speaking(`${pointer}/${keyword}`, data, found);
    if ("not" in fields) speaking(`${pointer}/not`, data, found);
    for (const keyword of ["dependentSchemas", "dependencies"])
      for (const name of Object.keys((fields[keyword] as Fields | undefined) ?? {}))
        if (typeof data === "object" && data !== null && Object.hasOwn(data, name))
          speaking(`${pointer}/${keyword}/${escape(name)}`, data, found);
    return found;
  }

  function arrange(pointers: readonly string[], data: unknown): unknown {
    if (typeof data !== "object" || data === null) return data;
    const all = pointers.flatMap((pointer) => speaking(pointer, data));
    if (Array.isArray(data))
      return data.map((item, i) =>
        arrange(
          all.flatMap((at) => itemOf(at, i)),
          item,
        ),
      );
    const known = new Set<string>();
    for (const at of all) for (const name of Object.keys(fieldsAt(`${at}/properties`))) known.add(name);
    for (const at of all) for (const name of listAt(`${at}/required`)) known.add(name);
    for (const at of all)
      for (const keyword of ["dependentRequired", "dependentSchemas", "dependencies"])
        for (const name of Object.keys(fieldsAt(`${at}/${keyword}`)))
          for (const each of [name, ...listAt(`${at}/${keyword}/${escape(name)}`)]) known.add(each);
    const names = Object.keys(data).filter((name) => !known.has(name));
    const order = [...[...known].filter((name) => Object.hasOwn(data, name)), ...names];
    return Object.fromEntries(
      order.map((name) => [
        name,
        arrange(
          all.flatMap((at) => propertyOf(at, name)),
          (data as Fields)[name],
        ),
      ]),
    );
  }

  const fieldsAt = (pointer: string): Fields => {
    const found = look(schema, pointer);
    return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Fields) : {};
  };
  const listAt = (pointer: string): string[] => {
    const found = look(schema, pointer);
    return Array.isArray(found) ? found.filter((name) => typeof name === "string") : [];
  };

  function itemOf(at: string, i: number): string[] {
    for (const prefix of ["prefixItems", "items"])
      if (Array.isArray(look(schema, `${at}/${prefix}`)) && look(schema, `${at}/${prefix}/${i}`) !== undefined)
        return [`${at}/${prefix}/${i}`];
    const rest = Array.isArray(look(schema, `${at}/items`)) ? "additionalItems" : "items";
    return look(schema, `${at}/${rest}`) === undefined ? [] : [`${at}/${rest}`];
  }

  function propertyOf(at: string, name: string): string[] {
    const own = `${at}/properties/${escape(name)}`;
    const found = look(schema, own) === undefined ? [] : [own];
    for (const pattern of Object.keys(fieldsAt(`${at}/patternProperties`)))
      if (matches(pattern, name)) found.push(`${at}/patternProperties/${escape(pattern)}`);
    return found.length > 0 || look(schema, `${at}/additionalProperties`) === undefined ? found : [`${at}/additionalProperties`]; // prettier-ignore
  }

  return JSON.stringify(arrange([""], value));
}

function each(fields: Fields, keyword: string, visit: (i: number) => void): void {
  const list = fields[keyword];
  if (Array.isArray(list)) for (const i of list.keys()) visit(i);
}

function look(root: unknown, pointer: string): unknown {
  let value = root;
  for (const step of pointer.split("/").slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Fields)[key];
  }
  return value;
}

function matches(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern, "u").test(name);
  } catch {
    return false;
  }
}

const escape = (step: string) => step.replaceAll("~", "~0").replaceAll("/", "~1");
