import type { IncomingMessage, ServerResponse } from "node:http";
import { HEADER, newId } from "@flywheel/protocol";
import type { Config } from "@flywheel/protocol";
import type { ProviderSet, Roster } from "@flywheel/providers";
import type { Caller } from "./authenticate.ts";
import { attempt } from "./attempt.ts";
import { cacheUse } from "./cache.ts";
import { refuse } from "./call.ts";
import type { Call, Ports } from "./call.ts";
import { choose } from "./choose.ts";
import type { Choice } from "./choose.ts";
import type { ClientRequest } from "./client-request.ts";
import { faultOf } from "./fault.ts";
import { checkModel } from "./key-models.ts";
import { recordBegin, recordEnd } from "./record.ts";
import { foreignRoute, route } from "./route.ts";

/** What a request brings to the steps. Config and providers are the snapshot it keeps until it is over. */
export interface Arrival {
  req: IncomingMessage;
  res: ServerResponse;
  request: ClientRequest;
  requestId: string;
  time: number;
  started: number;
  caller: Caller;
  config: Config;
  providers: ProviderSet;
}

/**
 * One generation: route → record the beginning → attempt (→ relay → record the end).
 * @throws FlywheelError before there is a generation
 */
export function generate(arrival: Arrival, ports: Ports, calls: Roster<Call>, draining: () => boolean): void {
  const { request, config, providers, res, req, caller, ...rest } = arrival;
  const { key, foreignSecret } = caller;
  checkModel(key, request.model, config, providers);
  const correlation = correlationOf(req, request);
  const { user_id: user } = correlation;
  const chosen =
    foreignSecret === undefined
      ? route(request.routed ?? request.model, config, providers, ports.random, user || key.id)
      : foreignRoute(request.routed ?? request.model, providers);
  const call: Call = {
    ...rest,
    slot: -1,
    ports,
    key,
    foreignSecret,
    config,
    request,
    route: chosen,
    left: chosen.targets,
    target: chosen.targets[0]!,
    cacheUse: cacheUse(req.headers, request, config, ports.cachePolicy),
    cached: "off",
    fault: faultOf(req.headers, ports.rehearsals),
    id: newId("gen"),
    shadowOf: undefined,
    correlation,
    client: res,
    clientHeaders: req.headers,
    attempts: [],
    answering: request.dialect,
    ignored: [],
    exhausted: false,
    upstream: undefined,
    relay: undefined,
    firstChunkMs: undefined,
    phase: "open",
    ended: undefined,
    lastOnConnection: draining(),
  };
  calls.add(call);
  res.on("close", () => {
    calls.delete(call);
    if (!res.writableEnded) clientGone(call);
    ports.shadows.onOver(call);
  });
  const first = choose(call)!;
  call.target = first.target;
  begin(call, first);
}

function begin(call: Call, first: Choice): void {
  recordBegin(call, (error) => {
    if (error) {
      call.phase = "over";
      refuse(call, error);
    } else if (call.phase === "open") {
      attempt(call, first);
    }
  });
}

/** Nobody reads on, so nobody should go on paying. */
function clientGone(call: Call): void {
  if (call.phase !== "open") return;
  call.upstream?.abort();
  const probing = call.attempts.at(-1)?.reason === "probe";
  if (probing) call.ports.health.learn(call, { target: call.target, reason: "probe" }, call.started, "unknown");
  recordAbort(call);
}

function recordAbort(call: Call): void {
  const last = call.attempts.at(-1);
  if (last && last.ended_ms === 0) last.ended_ms = Math.round(performance.now() - call.started);
  const http_status = call.client.headersSent ? call.client.statusCode : CLIENT_CLOSED_REQUEST;
  recordEnd(
    call,
    { status: "client_aborted", http_status, content_type: call.relay?.contentType ?? "", raw: call.relay?.raw ?? [] },
    () => {},
  );
}

/** No answer was sent; proxies commonly log this number for it. */
const CLIENT_CLOSED_REQUEST = 499;

function correlationOf(req: IncomingMessage, { user: named }: ClientRequest): Call["correlation"] {
  const { traceparent, "user-agent": agent } = req.headers;
  const conversation = req.headers["flywheel-conversation-id"];
  const header = req.headers[HEADER.userId];
  const user = named ?? (typeof header === "string" ? header.slice(0, 200) : undefined);
  const trace =
    typeof traceparent === "string"
      ? /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent)?.[1]
      : undefined;
  return {
    ...(trace !== undefined && { trace_id: trace }),
    ...(typeof conversation === "string" && { conversation_id: conversation.slice(0, 200) }),
    ...(user !== undefined && { user_id: user }),
    ...(agent !== undefined && { user_agent: agent.slice(0, 200) }),
  };
}
