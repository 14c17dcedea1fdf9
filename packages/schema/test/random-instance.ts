type Fields = Record<string, unknown>;

/** A number from 0, below 1. */
export type Chance = () => number;

const DEEPEST = 12;
const TEXTS = ["", "a", "7", "x-1", "né", "2024-02-29", "2026-01-31T08:00:00Z", "a@b.example", "10.0.0.1", "00000000-0000-4000-8000-000000000000", "[1]", '{"a":1}', "id-2", "kind", "abcdefgh", "12:30:00Z", "null", "x#.x"]; // prettier-ignore

/** A value that may well fit a simple schema: types, properties, items, choices, references. Fit or not is another's to say. */
export function randomInstance(root: unknown, chance: Chance): unknown {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)]!;

  function instance(schema: unknown, depth: number): unknown {
    if (typeof schema !== "object" || schema === null) return pick(TEXTS);
    const fields = schema as Fields;
    if (depth > DEEPEST) return null;
    if (typeof fields["$ref"] === "string") return instance(definition(fields["$ref"]), depth + 1);
    if (Array.isArray(fields["enum"])) return pick(fields["enum"]) as unknown;
    if ("const" in fields) return fields["const"];
    if (Array.isArray(fields["anyOf"]))
      return instance(depth > 6 ? fields["anyOf"].at(-1) : pick(fields["anyOf"]), depth + 1);
    switch (fields["type"]) {
      case "string":
        return text(fields);
      case "integer":
      case "number":
        return number(fields);
      case "boolean":
        return chance() < 0.5;
      case "null":
        return null;
      case "array":
        return array(fields, depth);
      case "object":
        return object(fields, depth);
      default:
        return pick<unknown>([...TEXTS, 1, null, [], {}, [1, "a"], { x: true }]);
    }
  }

  function definition(reference: string): unknown {
    const name = decodeURIComponent(reference.split("/").at(-1)!);
    return ((root as Fields)["$defs"] as Fields)[name];
  }

  function text(fields: Fields): string {
    const least = Number(fields["minLength"] ?? 0);
    const chosen = pick(TEXTS);
    return typeof fields["minLength"] === "number" || typeof fields["maxLength"] === "number"
      ? chosen.padEnd(least, "x").slice(0, Number(fields["maxLength"] ?? Infinity))
      : chosen;
  }

  function number(fields: Fields): number {
    const low = Number(fields["minimum"] ?? fields["exclusiveMinimum"] ?? Number(fields["maximum"] ?? fields["exclusiveMaximum"] ?? 20) - 30); // prettier-ignore
    const high = Number(fields["maximum"] ?? fields["exclusiveMaximum"] ?? low + 30);
    const step = Number(fields["multipleOf"] ?? 1);
    const value = Math.round((low + chance() * (high - low)) / step) * step;
    return fields["type"] === "number" && chance() < 0.3 && step === 1 ? value + 0.5 : value;
  }

  function array(fields: Fields, depth: number): unknown[] {
    const prefix = (fields["prefixItems"] ?? []) as unknown[];
    const least = Number(fields["minItems"] ?? 0);
    const most = Math.min(Number(fields["maxItems"] ?? Infinity), fields["items"] === false ? prefix.length : Infinity);
    const length = Math.min(most, Math.max(least, depth > 5 ? 0 : Math.floor(chance() * 4)));
    return Array.from({ length }, (_, i) => instance(prefix[i] ?? fields["items"], depth + 1));
  }

  function object(fields: Fields, depth: number): unknown {
    const required = (fields["required"] ?? []) as string[];
    const entries: [string, unknown][] = [];
    for (const [name, schema] of Object.entries((fields["properties"] ?? {}) as Fields))
      if (required.includes(name) || (depth < 6 && chance() < 0.6)) entries.push([name, instance(schema, depth + 1)]);
    const rest = fields["additionalProperties"];
    if (rest !== false) for (let i = Math.floor(chance() * 3); i > 0; i--) entries.push([pick(TEXTS), instance(rest, depth + 1)]); // prettier-ignore
    return Object.fromEntries(entries);
  }

  return instance(root, 0);
}
