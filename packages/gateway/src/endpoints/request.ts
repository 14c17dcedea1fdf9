import { FlywheelError } from "@flywheel/protocol";
import type { ModelRequest } from "@flywheel/protocol";
import { DIALECTS } from "@flywheel/providers";
import type { ClientRequest } from "../client-request.ts";
import { ENDPOINT_PREFIX, type ServedEndpoint } from "./catalogue.ts";
import { checkInput } from "./input.ts";
import { endpointDialect } from "./endpoint-dialect.ts";
import { TypedCall } from "./typed-call.ts";

/** How the client asked: at the endpoint's own path, or as if the endpoint were a model. */
type Asked = { stream: boolean } | { like: ClientRequest };

/**
 * A call to an endpoint as a request like any other: what goes on record is the conversation that the model is given, in
 * OpenAI's words, with the input among its metadata.
 * @throws FlywheelError `invalid_request` for an input that is none; `prompt_failed` where the user's code fails
 */
export async function endpointRequest(
  find: () => ServedEndpoint,
  input: unknown,
  asked: Asked,
): Promise<ClientRequest> {
  const typed = await rendered(find(), input).catch((error: unknown) => {
    // Whoever was asked for the prompt runs newer code by now.
    if (error instanceof FlywheelError && error.code === "build_replaced") return rendered(find(), input);
    throw error;
  });
  return requestOf(typed, input, asked);
}

function requestOf(typed: TypedCall, input: unknown, asked: Asked): ClientRequest {
  const { served } = typed;
  const { endpoint } = served;
  const model = ENDPOINT_PREFIX + endpoint.name;
  const { stream } = "like" in asked ? asked.like : asked;
  const neutral = (): ModelRequest => typed.request(model, stream);
  const { body } = DIALECTS["openai-chat"].writeRequest({ ...neutral(), ...output(served) }, new Set());
  return {
    ...("like" in asked
      ? asked.like
      : { operation: "chat", dialect: endpointDialect(typed), wantsUsage: false, user: undefined }),
    raw: Buffer.from(JSON.stringify({ ...body, metadata: { input: JSON.stringify(input) } })),
    rawDialect: "openai-chat",
    model,
    routed: endpoint.model,
    stream,
    deterministic: endpoint.temperature === 0,
    ...(endpoint.cache !== undefined && { cache: endpoint.cache }),
    typed,
    rewrite: () => [], // bytes never pass through: what is asked depends on who is asked
    again: () => requestOf(typed.again(), input, asked),
    whole: () => body,
    neutral,
  };
}

async function rendered(served: ServedEndpoint, input: unknown): Promise<TypedCall> {
  checkInput(served, input);
  return new TypedCall(served, await served.render(input));
}

/** On record is what the answer has to be, however a target is told. */
function output({ endpoint }: ServedEndpoint): Pick<ModelRequest, "output"> {
  if (endpoint.output === null || typeof endpoint.output === "boolean") return {};
  return { output: { type: "json_schema", name: endpoint.name.replace(/[^\w-]/g, "_"), schema: endpoint.output } };
}
