import { FlywheelError } from "@flywheel/protocol";
import { type CompileOptions, compileSchema, type Schema, SchemaError } from "@flywheel/schema";
import type { ChatRequest, Tool } from "./request.ts";
import { CALL_END, CALL_START } from "./tools.ts";

/**
 * The grammar (GBNF) that an answer must keep to; `undefined` where it may say anything.
 * @throws FlywheelError `invalid_request` where a schema admits no value or cannot be read
 */
export function constraintOf(request: ChatRequest): string | undefined {
  if (request.grammar !== undefined) return request.grammar;
  if (request.schema !== undefined) return compiled(request.schema, request.schemaParam);
  const { toolChoice, tools } = request;
  if (toolChoice === "required") return callOf(tools);
  if (typeof toolChoice === "object") return callOf(tools.filter(({ name }) => name === toolChoice.name));
  return undefined;
}

/** A call of one of the tools, its arguments as their schema has them. */
function callOf(tools: readonly Tool[]): string {
  const call = {
    anyOf: tools.map(({ name, parameters }, i) => ({
      type: "object",
      // A schema of its own: `#/…` within it means itself.
      properties: { name: { const: name }, arguments: { ...parameters, $id: `tool:${i}` } },
      required: ["name", "arguments"],
      additionalProperties: false,
    })),
  };
  return compiled(call, "tools", { around: [CALL_START, CALL_END] });
}

function compiled(schema: Schema, param: string, options: CompileOptions = {}): string {
  try {
    return compileSchema(schema, options).gbnf;
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw new FlywheelError("invalid_request", { reason: `\`${param}\`: ${error.message}.` }, { param, cause: error });
  }
}
