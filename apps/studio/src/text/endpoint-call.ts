import type { Generation } from "@flywheel/protocol";
import { isObject, type Json } from "./json.ts";

const PREFIX = "endpoint/";

/** Which endpoint a generation answered for, and with what input; `undefined` where it was asked of a model. */
export function endpointCallOf({
  request_model,
  request_body,
}: Pick<Generation, "request_model" | "request_body">): { name: string; input: Json } | undefined {
  if (!request_model.startsWith(PREFIX)) return undefined;
  try {
    // On record is the conversation that the model was given, with the input among its metadata.
    const { metadata } = JSON.parse(request_body) as { metadata?: unknown };
    const input = isObject(metadata) ? metadata["input"] : undefined;
    if (typeof input !== "string") return undefined;
    return { name: request_model.slice(PREFIX.length), input: JSON.parse(input) as Json };
  } catch {
    return undefined;
  }
}
