import type { IncomingMessage, ServerResponse } from "node:http";
import { FlywheelError } from "@flywheel/protocol";
import type { Config, EventRecorder, GenerationRecorder, ResolveKey } from "@flywheel/protocol";
import type { ClientDialect, ProviderSet, Roster, Upstream } from "@flywheel/providers";
import { authenticate } from "./authenticate.ts";
import type { Caller } from "./authenticate.ts";
import { checkContentType, readBody } from "./body.ts";
import type { Call, Ports, ResolveLocal } from "./call.ts";
import type { ClientRequest } from "./client-request.ts";
import type { EndpointCatalogue, ProjectEndpoints } from "./endpoints/catalogue.ts";
import { asFlywheelError, ownHeaders, sendError } from "./errors.ts";
import type { EventPorts } from "./events/receive.ts";
import { generate } from "./generate.ts";
import type { Limits } from "./limits.ts";

export interface GatewayOptions {
  /** Asked once per request, which then keeps the snapshot until it is over. */
  config(): Config;
  /** The same. */
  providers(): ProviderSet;
  resolveKey: ResolveKey;
  recorder: GenerationRecorder;
  resolveLocal: ResolveLocal;
  /** Absent: there are none. */
  endpoints?: ProjectEndpoints;
  /** What is needed to take in events; absent = there is no `/events`. */
  events?: {
    recorder: EventRecorder;
    /** Signs generation tokens. The same for all gateways of an installation, and kept. */
    secret: string;
  };
  /** Whether pages of this web origin may read what they are answered; absent = none. */
  allowsOrigin?(origin: string): boolean;
  /** Requests that are none of the gateway's, after the Host check. False = there is nothing at that path. */
  fallthrough?(req: IncomingMessage, res: ServerResponse): boolean;
  /**
   * For people at work on their app, on their own machine: providers' own keys are passed on, failures can be rehearsed,
   * and what always gets the same answer is kept.
   */
  dev?: boolean;
  /** Host names without port, in lower case; `*` = any. */
  allowedHosts(): ReadonlySet<string>;
  limits?: Partial<Limits>;
  /** The client for provider calls; one of its own by default. */
  upstream?: Upstream;
  /** What chance decides by, 0 to 1; `Math.random` by default. */
  random?: () => number;
}

/** What every request to one gateway shares. */
export interface Front {
  options: GatewayOptions;
  ports: Ports;
  calls: Roster<Call>;
  endpoints: EndpointCatalogue;
  events: EventPorts | undefined;
  draining: () => boolean;
}

/** One request, still without a generation. */
export interface Visit {
  front: Front;
  req: IncomingMessage;
  res: ServerResponse;
  /** Decides the shape of errors. */
  dialect: ClientDialect;
  waits: boolean;
  requestId: string;
  time: number;
  started: number;
}

/** What goes wrong in a step is the answer to the request. */
export function guarded(visit: Visit, step: () => void): void {
  try {
    step();
  } catch (error) {
    refuse(visit, asFlywheelError(error));
  }
}

export function refuse({ req, res, dialect, waits, requestId, front }: Visit, error: FlywheelError): void {
  if (!req.complete) discard(req, front.ports.limits.body_bytes);
  const headers = [...ownHeaders(requestId), ...(waits || front.draining() ? ["connection", "close"] : [])];
  sendError(res, error, headers, dialect, requestId);
}

/** Read on so that the client gets to read our answer, but not for ever. */
function discard(req: IncomingMessage, limit: number): void {
  let size = 0;
  req.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) req.destroy();
  });
}

export function allow(visit: Visit, method: "GET" | "POST", then: () => void): void {
  if (visit.req.method === method) return then();
  visit.res.setHeader("allow", method);
  throw new FlywheelError("method_not_allowed", { method: visit.req.method!, allowed: method });
}

/** Who asks, and the whole body. */
export function readCall(visit: Visit, then: (body: Buffer, caller: Caller) => void): void {
  const { req, res, front } = visit;
  const { options, ports } = front;
  const caller = authenticate(req, options.resolveKey, options.dev ?? false);
  if (visit.waits && Number(req.headers["content-length"] ?? 0) <= ports.limits.body_bytes) res.writeContinue();
  readBody(req, ports.limits.body_bytes, (error, body) =>
    guarded(visit, () => {
      if (error) throw error;
      checkContentType(req, body);
      then(body, caller);
    }),
  );
}

/** A generation begins. */
export function begin(visit: Visit, caller: Caller, request: ClientRequest): void {
  const { req, res, requestId, time, started, front } = visit;
  const { options, ports, calls, draining } = front;
  const snapshot = { config: options.config(), providers: options.providers() };
  generate({ req, res, request, requestId, time, started, caller, ...snapshot }, ports, calls, draining);
}
