/** A JSON Schema under construction. */
export type Json = Record<string, unknown>;

/** Named types, written once. */
export interface Definitions {
  /** A reference to a type, which is made on first sight; a type may refer to itself. */
  refer(id: number, name: string, make: () => Json): Json;
  /** The whole schema: what is used once, and not within itself, stands where it is used; the rest under `$defs`. */
  close(root: Json | true): Json | true;
}

interface Definition {
  name: string;
  schema: Json;
  uses: number;
  /** It refers to itself, at whatever distance. */
  recursive: boolean;
}

const PREFIX = "#/$defs/";

export function definitions(): Definitions {
  const known = new Map<number, Definition>();
  const byName = new Map<string, Definition>();
  const making: Definition[] = [];

  function refer(id: number, name: string, make: () => Json): Json {
    let found = known.get(id);
    if (!found) {
      found = { name: unused(name), schema: {}, uses: 0, recursive: false };
      known.set(id, found);
      byName.set(found.name, found);
      making.push(found);
      found.schema = make();
      making.pop();
    } else if (making.includes(found)) found.recursive = true;
    found.uses++;
    return { $ref: PREFIX + found.name };
  }

  function unused(name: string): string {
    let free = name;
    for (let number = 2; byName.has(free); number++) free = `${name}_${number}`;
    return free;
  }

  /** In place of a reference to what is used once, the schema itself; what stands beside the reference is kept. */
  function inlined(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(inlined);
    if (typeof value !== "object" || value === null) return value;
    const { $ref, ...beside } = value as Json;
    const found = typeof $ref === "string" ? byName.get($ref.slice(PREFIX.length)) : undefined;
    if (found && found.uses === 1 && !found.recursive) return { ...(inlined(found.schema) as Json), ...beside };
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, key === "enum" || key === "const" || key === "default" || key === "examples" ? each : inlined(each)])); // prettier-ignore
  }

  return {
    refer,
    close(root) {
      const whole = inlined(root) as Json | true;
      const kept = [...byName.values()].filter(({ uses, recursive }) => uses > 1 || recursive);
      if (whole === true || kept.length === 0) return whole;
      return { ...whole, $defs: Object.fromEntries(kept.map(({ name, schema }) => [name, inlined(schema)])) };
    },
  };
}
