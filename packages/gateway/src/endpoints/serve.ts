import { FlywheelError } from "@flywheel/protocol";
import { authenticate } from "../authenticate.ts";
import type { Caller } from "../authenticate.ts";
import { parseValue } from "../body.ts";
import type { ClientRequest } from "../client-request.ts";
import { asFlywheelError, ownHeaders, sendJson } from "../errors.ts";
import { checkModel, mayCall } from "../key-models.ts";
import { begin, guarded, readCall, refuse, type Visit } from "../visit.ts";
import { ENDPOINT_PREFIX } from "./catalogue.ts";
import { inputOfMessages } from "./input.ts";
import { describeEndpoints } from "./openapi.ts";
import { endpointRequest } from "./request.ts";

/** `POST /endpoints/<name>`: the input in, the output out, streamed where the client asks for events. */
export function answerEndpoint(visit: Visit, name: string): void {
  const { req, front } = visit;
  readCall(visit, (body, caller) => {
    const stream = /text\/event-stream/i.test(req.headers.accept ?? "") || /[?&]stream=true(?:&|$)/.test(req.url!);
    const input = parseValue(body, front.ports.limits);
    const find = () => front.endpoints.find(name);
    admit(visit, caller, ENDPOINT_PREFIX + name, () =>
      beginLater(visit, caller, endpointRequest(find, input, { stream })),
    );
  });
}

/** `model: "endpoint/<name>"`: a call to an endpoint, in the words of any dialect. */
export function answerLikeModel(visit: Visit, caller: Caller, request: ClientRequest): void {
  const { ports, endpoints } = visit.front;
  admit(visit, caller, request.model, () => {
    const find = () => endpoints.find(request.model.slice(ENDPOINT_PREFIX.length));
    const input = inputOfMessages(find().endpoint, request.neutral().messages, ports.limits);
    beginLater(visit, caller, endpointRequest(find, input, { like: request }));
  });
}

/** Nothing of the project's code runs for those who may not call it, and nothing at all before its first build. */
function admit(visit: Visit, { key, foreignSecret }: Caller, model: string, then: () => void): void {
  const { options, endpoints } = visit.front;
  if (foreignSecret !== undefined) throw new FlywheelError("foreign_key");
  checkModel(key, model, options.config(), options.providers());
  endpoints.whenBuilt(() => guarded(visit, then));
}

/** `GET /endpoints/openapi.json`: what this key may call. */
export function openapi({ req, res, requestId, front }: Visit): void {
  const { key } = authenticate(req, front.options.resolveKey, front.options.dev ?? false);
  const [config, providers] = [front.options.config(), front.options.providers()];
  const { id, endpoints } = front.endpoints.build();
  const mine = endpoints.filter(({ name }) => mayCall(key, ENDPOINT_PREFIX + name, config, providers));
  const body = JSON.stringify(describeEndpoints({ id, endpoints: mine }));
  sendJson(res, 200, Buffer.from(body), ownHeaders(requestId));
}

/** The prompt of an endpoint is said by the user's code, elsewhere; meanwhile the client may go away. */
function beginLater(visit: Visit, caller: Caller, request: Promise<ClientRequest>): void {
  request.then(
    (made) => {
      if (!visit.res.destroyed) guarded(visit, () => begin(visit, caller, made));
    },
    (error: unknown) => refuse(visit, asFlywheelError(error)),
  );
}
