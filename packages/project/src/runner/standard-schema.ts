import type { SchemaSaid } from "./frames.ts";

type Side = "input" | "output";

/** As much as is looked at of what may be a Standard Schema. https://standardschema.dev/json-schema */
interface Standard {
  vendor?: string;
  jsonSchema?: Partial<Record<Side, (options: object) => unknown>>;
}

const MOST_CHARACTERS = 1_000_000;
const TARGET = "draft-2020-12";

/**
 * What a schema of a validation library takes (`input`) or gives (`output`) as a JSON Schema. What it cannot say so is a
 * problem: several libraries would leave it out and tell no one.
 */
export function saySchema(schema: unknown, side: Side): SchemaSaid {
  const { "~standard": standard, toJsonSchema } = Object(schema) as {
    "~standard"?: Standard;
    toJsonSchema?: () => unknown;
  };
  const vendor = standard?.vendor ?? "";
  try {
    const options = { target: TARGET, libraryOptions: STRICT[vendor] };
    const said = standard?.jsonSchema?.[side]?.(options) ?? toJsonSchema?.call(schema);
    if (said === undefined) return unsaid(standard ? vendor : undefined);
    const json = JSON.stringify(side === "output" && vendor in STRICT ? closed(said) : said);
    if (json.length <= MOST_CHARACTERS) return { json };
    return { problem: `its JSON Schema has ${json.length} characters; at most ${MOST_CHARACTERS} are taken`, suggestion: "Make it smaller." }; // prettier-ignore
  } catch (error) {
    const problem = error instanceof Error ? error.message : "it cannot be said as a JSON Schema";
    return { problem, suggestion: "Write it with what the library can say as JSON Schema." };
  }
}

const unsaid = (vendor: string | undefined): SchemaSaid => ({
  problem: vendor === undefined ? "this is no Standard Schema" : `this schema of \`${vendor}\` does not say itself as a JSON Schema`, // prettier-ignore
  suggestion: (vendor === undefined ? BARE : INSTEAD[vendor]) ?? "Say it as a JSON Schema: `jsonSchema({ … })`.",
});

const BARE =
  "A JSON Schema goes into `jsonSchema({ … })` of `flywheel`; a type goes into `defineEndpoint<Input, Output>`.";
const INSTEAD: Readonly<Record<string, string>> = {
  valibot: "Wrap it: `toStandardJsonSchema(…)` of `@valibot/to-json-schema`.",
  zod: "Zod does so from 4.2 on.",
  arktype: "ArkType does so from 2.1.28 on.",
};

// What each library must be told, or it drops silently what it cannot say.

interface ZodNode {
  path: (string | number)[];
  zodSchema: { _zod: { def: { type: string; checks?: { _zod: { def: { check: string } } }[]; check?: string } } };
}

interface ArkNode {
  code: string;
}

const STRICT: Readonly<Record<string, object>> = {
  valibot: {},
  zod: {
    override({ path, zodSchema }: ZodNode) {
      const { type, check, checks = [] } = zodSchema._zod.def;
      const isCode = check === "custom" || checks.some(({ _zod }) => _zod.def.check === "custom");
      if (isCode) throw new Error(`${type} at \`${namesOf(path)}\`: what \`refine\` checks is code, which a model cannot be held to`); // prettier-ignore
    },
  },
  arktype: {
    fallback({ code }: ArkNode) {
      throw new Error(ARK[code] ?? `\`${code}\` has no JSON Schema`);
    },
  },
};

const ARK: Readonly<Record<string, string>> = {
  date: "a `Date` has no JSON Schema; write `string.date.iso`",
  predicate: "what `narrow` checks is code, which a model cannot be held to",
  morph: "a morph's result has no JSON Schema",
};

const namesOf = (path: (string | number)[]) => path.filter((step) => step !== "properties").join(".") || "the root";

/** A library's objects without a word about other names are closed: a model is not asked for what no one reads. */
function closed(said: unknown): unknown {
  // The parts of an `allOf` know only their own names.
  return JSON.stringify(said).includes('"allOf"') ? said : close(said);
}

const SCHEMAS = new Set(["items", "additionalProperties"]);
const LISTS = new Set(["prefixItems", "anyOf", "oneOf"]);
const NAMED = new Set(["properties", "patternProperties", "$defs"]);

function close(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  const whole = Object.fromEntries(Object.entries(schema).map(([keyword, value]) => [keyword, part(keyword, value)]));
  const isOpen = "properties" in whole && !("additionalProperties" in whole || "unevaluatedProperties" in whole);
  return isOpen ? { ...whole, additionalProperties: false } : whole;
}

function part(keyword: string, value: unknown): unknown {
  if (SCHEMAS.has(keyword)) return close(value);
  if (LISTS.has(keyword) && Array.isArray(value)) return value.map(close);
  if (!NAMED.has(keyword)) return value;
  return Object.fromEntries(Object.entries(value as object).map(([name, each]) => [name, close(each)]));
}
