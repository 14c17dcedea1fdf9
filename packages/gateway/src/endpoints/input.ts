import { FlywheelError } from "@flywheel/protocol";
import type { Endpoint, JsonSchema, ModelMessage } from "@flywheel/protocol";
import { sayProblems } from "@flywheel/schema/validate";
import { parseValue } from "../body.ts";
import type { Limits } from "../limits.ts";
import type { ServedEndpoint } from "./catalogue.ts";

/**
 * The input of an endpoint that is called like a model: the last message's text, as JSON or, where the input is one text,
 * or an object of one text, as it is.
 * @throws FlywheelError `invalid_request`, `too_deep`, `too_many_keys`
 */
export function inputOfMessages({ input, name }: Endpoint, messages: readonly ModelMessage[], limits: Limits): unknown {
  const last = messages.at(-1);
  if (last?.role !== "user")
    throw new FlywheelError(
      "invalid_request",
      { reason: `The last message to \`endpoint/${name}\` is its input, so it must be a user's.` },
      { param: "messages" },
    );
  const text = last.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  if (isObject(input) && input["type"] === "string") return text;
  const parsed = parse(text, limits);
  const only = parsed === undefined ? onlyText(input) : undefined;
  if (only !== undefined) return { [only]: text };
  if (parsed !== undefined) return parsed.value;
  throw new FlywheelError(
    "invalid_request",
    { reason: `The last message to \`endpoint/${name}\` is its input, so it must be JSON.` },
    { param: "messages" },
  );
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** An object or an array; anything else is taken as the text that it is. */
function parse(text: string, limits: Limits): { value: unknown } | undefined {
  try {
    const value = parseValue(Buffer.from(text), limits);
    return isObject(value) ? { value } : undefined;
  } catch (error) {
    if (error instanceof FlywheelError && error.code === "invalid_json") return undefined;
    throw error;
  }
}

/** The one property that an input must have, if that is a text. */
function onlyText(schema: JsonSchema): string | undefined {
  if (!isObject(schema) || !isObject(schema["properties"])) return undefined;
  const { properties } = schema as { properties: Record<string, unknown> };
  const required = Array.isArray(schema["required"]) ? (schema["required"] as string[]) : [];
  const [only, ...others] = required.length > 0 ? required : Object.keys(properties);
  const property = only === undefined ? undefined : properties[only];
  return others.length === 0 && isObject(property) && property["type"] === "string" ? only : undefined;
}

/** @throws FlywheelError `invalid_request` naming every place that is wrong */
export function checkInput({ endpoint, checkInput }: ServedEndpoint, input: unknown): void {
  const problems = checkInput(input);
  if (problems.length === 0) return;
  const reason = `This is no input of the endpoint \`${endpoint.name}\`: ${sayProblems(problems)}.`;
  throw new FlywheelError("invalid_request", { reason }, { param: problems[0]!.path });
}
