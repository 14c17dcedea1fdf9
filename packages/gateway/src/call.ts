import type { IncomingHttpHeaders } from "node:http";
import { HEADER } from "@flywheel/protocol";
import type {
  Attempt,
  CachePolicy,
  Config,
  EndHead,
  Fault,
  FlywheelError,
  GenerationRecorder,
  GenerationStatus,
  Key,
} from "@flywheel/protocol";
import type { Dialect, Listed, Upstream, UpstreamCall } from "@flywheel/providers";
import type { AnswerCache, CacheUse } from "./cache.ts";
import type { ClientRequest } from "./client-request.ts";
import type { GenerationTokens } from "./events/generation-token.ts";
import { ownHeaders, sendError } from "./errors.ts";
import type { Limits } from "./limits.ts";
import type { OutputItems } from "./output-items.ts";
import type { ResolvedTarget, Route } from "./route.ts";
import type { Recipient } from "./recipient.ts";
import type { Shadows } from "./shadow.ts";
import type { TargetHealth } from "./target-health.ts";

/** Where a local model answers, and what to send along. */
export interface LocalAddress {
  /** `http://127.0.0.1:41234` */
  origin: string;
  /** Name, value, name, value … */
  headers: readonly string[];
  /** Changes with the files behind the model; absent = answers of this model are not cached. */
  fingerprint?: string;
}

/** Start (or find) the process that serves `local/<model>`. Asked once more if nobody listens at the address given. */
export type ResolveLocal = (model: string, done: (error: Error | undefined, address?: LocalAddress) => void) => void;

/** What the steps are handed. */
export interface Ports {
  recorder: GenerationRecorder;
  upstream: Upstream;
  resolveLocal: ResolveLocal;
  limits: Limits;
  health: TargetHealth;
  /** 0 to 1: for choices by weight, and waits. */
  random: () => number;
  cache: AnswerCache;
  shadows: Shadows;
  items: OutputItems;
  /** What holds where the project's config says nothing of the cache. */
  cachePolicy: CachePolicy;
  /** Whether clients may ask for failures. */
  rehearsals: boolean;
  /** Signs what is answered; absent where no events are taken in. */
  tokens: GenerationTokens | undefined;
}

/** One generation on its way through the steps. */
export interface Call extends Listed {
  ports: Ports;
  id: string;
  requestId: string;
  /** Epoch milliseconds. */
  time: number;
  /** `performance.now()` at arrival; all durations count from here. */
  started: number;
  key: Key;
  config: Config;
  request: ClientRequest;
  route: Route;
  /** Targets of the route that were not chosen yet. */
  left: readonly ResolvedTarget[];
  /** Who is asked now, was asked last, or will be asked first. */
  target: ResolvedTarget;
  /** The generation whose request this asks again, unseen by its client. */
  shadowOf: string | undefined;
  /** From request headers, for correlation only. */
  correlation: { trace_id?: string; conversation_id?: string; user_id?: string; user_agent?: string };
  client: Recipient;
  /** The client's request headers. */
  clientHeaders: IncomingHttpHeaders;
  /** A key that is none of ours and goes to the provider, under `flywheel dev` only. */
  foreignSecret: string | undefined;
  cacheUse: CacheUse;
  /** Where the answer came from, for the record. */
  cached: EndHead["cache"];
  /** The provider's failure to rehearse. */
  fault: Fault | undefined;
  attempts: Attempt[];
  /** What the provider asked last speaks. */
  answering: Dialect;
  /** Request fields that provider has no words for. */
  ignored: readonly string[];
  /** What was worth trying was tried: the client need not do the same again. */
  exhausted: boolean;
  /** The provider's side of the attempt under way, or the wait before the next. */
  upstream: UpstreamCall | undefined;
  /** The answer under way, once a provider has begun one. */
  relay: Relay | undefined;
  /** Milliseconds after `started` at which the first chunk of the answer came. */
  firstChunkMs: number | undefined;
  /** `open`: answering. `closing`: the end is being recorded, nothing may change it any more. `over`: done. */
  phase: "open" | "closing" | "over";
  /** What became of it, once that is being recorded. */
  ended: GenerationStatus | undefined;
  /** The connection must not carry another request. */
  lastOnConnection: boolean;
}

/** Carries one provider's answer to the client. */
export interface Relay {
  push(chunk: Buffer): void;
  /** The provider's answer is complete by its own framing. */
  end(): void;
  /** It is not going to be. */
  fail(error: FlywheelError): void;
  /** The bytes so far as the provider sent them, for the record. */
  readonly raw: readonly Buffer[];
  readonly contentType: string;
}

/** Milliseconds since the call arrived. */
export function elapsed(call: Call): number {
  return performance.now() - call.started;
}

/** Milliseconds that the whole generation may take. */
export function totalTime({ route, ports }: Call): number {
  return route.timeouts.total ?? ports.limits.timeouts.total;
}

/** Milliseconds until that is over. */
export function timeLeft(call: Call): number {
  return totalTime(call) - elapsed(call);
}

/** What every answer to the client carries, besides what it is. */
export function headersOf(call: Call): string[] {
  const headers = ownHeaders(call.requestId, call.id);
  if (call.ports.tokens) headers.push(HEADER.generationToken, call.ports.tokens.sign(call.key.project, call.id));
  if (call.cached === "hit") headers.push(HEADER.cache, "hit");
  if (call.ignored.length > 0) headers.push(HEADER.ignored, nameList(call.ignored));
  if (call.exhausted) headers.push("x-should-retry", "false");
  if (call.lastOnConnection) headers.push("connection", "close");
  return headers;
}

const MOST_NAMES = 32;

/** Clients choose these names, and a header holds neither everything nor everything's length. */
function nameList(names: readonly string[]): string {
  const list = names.slice(0, MOST_NAMES).map((name) => name.slice(0, 64).replace(/[^\w.[\]-]/g, "?"));
  return [...list, ...(names.length > MOST_NAMES ? ["..."] : [])].join(", ");
}

/** Answer with an error in the shape of the client's dialect. */
export function refuse(call: Call, error: FlywheelError): void {
  sendError(call.client, error, headersOf(call), call.request.dialect, call.requestId);
}
