import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ValidateFunction } from "ajv/dist/2020.js";
import { sharedData } from "./shared-data.ts";

/** What OpenAI's published description has a schema for, by the component's name there. */
const COMPONENTS = {
  "chat answer": "CreateChatCompletionResponse",
  "chat chunk": "CreateChatCompletionStreamResponse",
  response: "Response",
  "response event": "ResponseStreamEvent",
  embeddings: "CreateEmbeddingResponse",
  models: "ListModelsResponse",
  model: "Model",
  file: "OpenAIFile",
  "fine-tuning request": "CreateFineTuningJobRequest",
  "fine-tuning job": "FineTuningJob",
  "fine-tuning jobs": "ListPaginatedFineTuningJobsResponse",
  "fine-tuning event": "FineTuningJobEvent",
  error: "ErrorResponse",
} as const;

export type Component = keyof typeof COMPONENTS;

/** Why a value is not valid, in one line; `undefined` where it is. */
export type Check = (component: Component, value: unknown) => string | undefined;

/** Reads OpenAI's published description; `undefined` where it is not at hand. */
export function openaiSchema(): Check | undefined {
  const folder = sharedData("api-specs");
  if (folder === undefined) return undefined;
  const spec = JSON.parse(readFileSync(`${folder}/openai-openapi.subset.json`, "utf8"), patch) as Spec;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(spec, "openai");
  const events = eventSchemas(spec);
  const compiled = new Map<string, ValidateFunction>();
  return (component, value) => {
    const name = component === "response event" ? events.get((value as { type: string }).type) : COMPONENTS[component];
    if (name === undefined) return "an event of no known type";
    const validate = compiled.get(name) ?? ajv.compile({ $ref: `openai#/components/schemas/${name}` });
    compiled.set(name, validate);
    return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: component });
  };
}

interface Spec {
  components: { schemas: Record<string, { anyOf?: { $ref: string }[]; properties?: { type?: { enum?: string[] } } }> };
}

/** One schema for each event, by its type: an error about one says more than one about fifty alternatives. */
function eventSchemas({ components: { schemas } }: Spec): Map<string, string> {
  const names = schemas["ResponseStreamEvent"]!.anyOf!.map(({ $ref }) => $ref.split("/").at(-1)!);
  return new Map(names.map((name) => [schemas[name]!.properties!.type!.enum![0]!, name]));
}

/** Leftovers of an older OpenAPI in the description, which JSON Schema 2020-12 has other words for. */
function patch(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { nullable, exclusiveMinimum, ...schema } = value as Record<string, unknown>;
  if (typeof exclusiveMinimum === "boolean") {
    const { minimum, ...rest } = schema;
    return exclusiveMinimum ? { ...rest, exclusiveMinimum: minimum } : schema;
  }
  if (nullable === true) return { anyOf: [schema, { type: "null" }] };
  return exclusiveMinimum === undefined ? schema : { ...schema, exclusiveMinimum };
}
