import type { Fields } from "./lower.ts";

/** How large a schema a target takes as a whole. */
export interface SizeLimits {
  properties: number;
  /** Of all names of properties and all listed values. */
  characters: number;
  /** In all `enum`s. */
  values: number;
  /** One `enum` of more than so many values has fewer characters. */
  longList: { values: number; characters: number };
  /** Schemas within schemas; what a reference leads to counts from there. */
  levels: number;
}

/** What is left of a target's limits while a schema is lowered: whoever comes first is served. */
export class SizeBudget {
  readonly #limits: SizeLimits | undefined;
  #properties = 0;
  #characters = 0;
  #values = 0;

  constructor(limits: SizeLimits | undefined) {
    this.#limits = limits;
  }

  /** @returns whether an object of these properties still fits; then it counts */
  takeProperties(names: readonly string[]): boolean {
    return this.#take(names.length, 0, charactersOf(names));
  }

  /** The same of an `enum`. */
  takeValues(values: readonly unknown[]): boolean {
    const characters = charactersOf(values);
    const { longList } = this.#limits ?? {};
    if (longList && values.length > longList.values && characters > longList.characters) return false;
    return this.#take(0, values.length, characters);
  }

  #take(properties: number, values: number, characters: number): boolean {
    const limits = this.#limits;
    if (!limits) return true;
    const isTooMuch =
      this.#properties + properties > limits.properties ||
      this.#values + values > limits.values ||
      this.#characters + characters > limits.characters;
    if (isTooMuch) return false;
    this.#properties += properties;
    this.#values += values;
    this.#characters += characters;
    return true;
  }
}

const charactersOf = (values: readonly unknown[]) =>
  values.reduce<number>((sum, value) => sum + String(value).length, 0);

/** The same schema with no more than `levels`: what lies deeper becomes a definition, in `definitions`. */
export function flattenedTo(levels: number, schema: Fields, definitions: Record<string, Fields>): Fields {
  let moved = 0;

  function within(fields: Fields, level: number): Fields {
    const { properties, items, anyOf } = fields;
    if (!properties && !items && !anyOf) return fields;
    if (level >= levels) return reference(fields);
    const deeper = (each: unknown) => within(each as Fields, level + 1);
    return {
      ...fields,
      ...(properties !== undefined && { properties: mapped(properties as Fields, deeper) }),
      ...(items !== undefined && { items: deeper(items) }),
      ...(anyOf !== undefined && { anyOf: (anyOf as unknown[]).map(deeper) }),
    };
  }

  function reference(fields: Fields): Fields {
    let name: string;
    do name = `deeper_${++moved}`;
    while (Object.hasOwn(definitions, name));
    definitions[name] = {}; // taken
    definitions[name] = within(fields, 1);
    return { $ref: `#/$defs/${name}` };
  }

  for (const [name, definition] of Object.entries(definitions)) definitions[name] = within(definition, 1);
  return within(schema, 0);
}

function mapped(fields: Fields, change: (value: unknown) => unknown): Fields {
  const copy = {};
  for (const [name, value] of Object.entries(fields))
    Object.defineProperty(copy, name, { value: change(value), writable: true, enumerable: true, configurable: true });
  return copy;
}
