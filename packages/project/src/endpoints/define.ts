import type { Diagnostic, Endpoint, EndpointBuild, EndpointExample, JsonSchema } from "@flywheel/protocol";
import { validator } from "@flywheel/schema/validate";
import type { EndpointInput } from "flywheel";
import { at, expected, isObjectOf, itemsOf, keysOf, numberAt, type Place, report, stringAt } from "../expect.ts";
import { describe, isPlainObject, isStandIn } from "../plain-data.ts";
import type { LoadedDefinition, SchemaSaid } from "../runner/frames.ts";
import { hurtfulPatterns } from "./hurtful-patterns.ts";
import type { EndpointSource } from "./read.ts";

const KEYS = [
  ...keysOf<EndpointInput<unknown, unknown>>({
    model: true,
    prompt: true,
    examples: true,
    temperature: true,
    maxOutputTokens: true,
    cache: true,
    input: true,
    output: true,
  }),
  "kind",
];
const EXAMPLE_KEYS = keysOf<EndpointExample>({ input: true, output: true });
const MOST_EXAMPLES = 100;

/** Of a JavaScript file: text, where no schema says what it answers. */
const UNTYPED = { input: undefined, output: null };

/** What the sources, the types and the code of a project's endpoints come to; every problem with its file and line. */
export function defineEndpoints(
  id: string,
  sources: readonly EndpointSource[],
  loaded: Record<string, LoadedDefinition>,
): { build: EndpointBuild; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const endpoints = sources
    .map((source) => endpointOf(source, loaded[source.name], diagnostics))
    .filter((endpoint) => endpoint !== undefined);
  return { build: { id, endpoints }, diagnostics };
}

function endpointOf(
  source: EndpointSource,
  loaded: LoadedDefinition | undefined,
  diagnostics: Diagnostic[],
): Endpoint | undefined {
  const { file, name, description, types = source.isTyped ? undefined : UNTYPED } = source;
  const value = loaded?.value;
  if (!isPlainObject(value) || value["kind"] !== "endpoint") {
    const message = value === undefined ? "has no default export" : "the default export is not an endpoint";
    const suggestion = "Write `export default defineEndpoint<Input, Output>({ … })`.";
    diagnostics.push({ file, ...source.place, message, suggestion });
    return undefined;
  }
  const problems: string[] = [];
  const stated = statedOf({ value, path: "", problems });
  diagnostics.push(...problems.map((problem) => placed(problem, source)));
  const schemas = loaded?.schemas ?? {};
  const input = schemas.input ? readSchema("input", schemas.input, source, diagnostics) : types?.input;
  const output = schemas.output ? readSchema("output", schemas.output, source, diagnostics) : types?.output;
  if (!source.isTyped && !schemas.input) {
    const message = "input: a JavaScript file cannot say its type";
    const suggestion = "Give a schema, such as `input: z.object({ … })`, or write the endpoint in TypeScript.";
    diagnostics.push({ ...placed(message, source), suggestion });
    return undefined;
  }
  // Why a type has no schema is a finding of the type reader's.
  if (input === undefined || output === undefined) return undefined;
  const patterns = [input, output ?? true].flatMap(hurtfulPatterns);
  for (const pattern of patterns)
    diagnostics.push({ file, ...source.place, message: `the pattern ${pattern} takes forever on some texts`, suggestion: "Write it without repetitions of what may itself repeat." }); // prettier-ignore
  return { name, file, description, ...stated, input, output };
}

/** A schema that the code brought; nothing of it is believed. */
function readSchema(
  side: "input" | "output",
  said: SchemaSaid,
  source: EndpointSource,
  diagnostics: Diagnostic[],
): JsonSchema | undefined {
  const tell = (problem: string, suggestion: string) => {
    diagnostics.push({ ...placed(`${side}: ${problem}`, source), suggestion });
    return undefined;
  };
  if ("problem" in said) return tell(said.problem, said.suggestion);
  try {
    const schema = JSON.parse(said.json) as JsonSchema;
    validator(schema);
    return schema;
  } catch (error) {
    return tell((error as Error).message, "Write a JSON Schema of draft 2020-12.");
  }
}

/** A problem begins with the path of what is wrong, and its first step is a key of the definition. */
function placed(problem: string, { file, place, keys }: EndpointSource): Diagnostic {
  const key = /^(?:unknown key `)?(\w+)/.exec(problem)?.[1] ?? "";
  return { file, ...(Object.hasOwn(keys, key) ? keys[key] : place), message: problem };
}

/** What is written into the definition besides its prompt. */
function statedOf(whole: Place): Pick<Endpoint, "model" | "examples" | "temperature" | "max_output_tokens" | "cache"> {
  isObjectOf(whole, KEYS);
  const prompt = at(whole, "prompt");
  if (describe(prompt.value) !== "a function") expected(prompt, "a function that returns text or messages");
  const temperature = optional(at(whole, "temperature"), (place) =>
    numberAt(place, { min: 0, max: 2 }, "a number from 0 to 2"),
  );
  const tokens = optional(at(whole, "maxOutputTokens"), (place) =>
    numberAt(place, { min: 1, max: 1e7, integer: true }, "a whole number of tokens, at least 1"),
  );
  const cache = optional(at(whole, "cache"), (place) =>
    typeof place.value === "boolean" ? place.value : expected(place, "true or false"),
  );
  return {
    model: optional(at(whole, "model"), modelOf) ?? "default",
    examples: examplesOf(at(whole, "examples")),
    ...(temperature !== undefined && { temperature }),
    ...(tokens !== undefined && { max_output_tokens: tokens }),
    ...(cache !== undefined && { cache }),
  };
}

function optional<T>(place: Place, read: (place: Place) => T | undefined): T | undefined {
  return place.value === undefined ? undefined : read(place);
}

function modelOf(place: Place): string | undefined {
  const model = stringAt(place, 'a model or a route, such as "fast"');
  if (model === "") return expected(place, 'a model or a route, such as "fast"');
  if (model?.startsWith("endpoint/"))
    return report(place, "an endpoint cannot be answered by an endpoint; name a model or a route");
  return model;
}

function examplesOf(place: Place): EndpointExample[] {
  const examples = itemsOf(place, "a list of { input, output }", exampleOf);
  if (examples.length > MOST_EXAMPLES) report(place, `${examples.length} examples; at most ${MOST_EXAMPLES} are taken`);
  return examples;
}

function exampleOf(place: Place): EndpointExample | undefined {
  if (!isObjectOf(place, EXAMPLE_KEYS, "{ input, output }")) return undefined;
  const sides = [at(place, "input"), at(place, "output")] as const;
  for (const side of sides) onlyPlain(side);
  return { input: sides[0].value, output: sides[1].value };
}

/** What is shown to a model is shown as JSON. */
function onlyPlain(place: Place): void {
  const { value } = place;
  if (isStandIn(value)) expected(place, "something that JSON can say");
  else if (Array.isArray(value)) value.forEach((_, i) => onlyPlain(at(place, i)));
  else if (isPlainObject(value)) for (const key of Object.keys(value)) onlyPlain(at(place, key));
}
