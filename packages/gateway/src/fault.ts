import type { IncomingHttpHeaders } from "node:http";
import { FAULTS, FlywheelError, HEADER } from "@flywheel/protocol";
import type { Fault } from "@flywheel/protocol";
import { UpstreamError, headerOf } from "@flywheel/providers";
import type { Upstream, UpstreamCall, UpstreamHandler, UpstreamRequest } from "@flywheel/providers";
import { SseScanner } from "./sse-scanner.ts";

/**
 * Which failure of the provider a request rehearses.
 * @param allowed only where people develop
 * @throws FlywheelError `invalid_request` for a fault that does not exist, or outside of `dev`
 */
export function faultOf(headers: IncomingHttpHeaders, allowed: boolean): Fault | undefined {
  const wish = headers[HEADER.fault];
  if (wish === undefined) return undefined;
  const fault = FAULTS.find((name) => name === wish);
  if (!fault)
    throw new FlywheelError("invalid_request", { reason: `\`${HEADER.fault}\` is one of ${FAULTS.join(", ")}.` });
  if (!allowed)
    throw new FlywheelError("invalid_request", { reason: `\`${HEADER.fault}\` works under \`flywheel dev\` only.` });
  return fault;
}

/** What `slow` is: a wait that people notice, and then a trickle. */
const FIRST_BYTE_MS = 3_000;
const BETWEEN_MS = 100;

/** Ask a provider as if it failed in this way. What it really says is what is delayed, cut or broken. */
export function rehearse(
  fault: Fault,
  upstream: Upstream,
  request: UpstreamRequest,
  handler: UpstreamHandler,
): UpstreamCall {
  if (fault === "429" || fault === "500") return refuse(Number(fault), handler);
  if (fault === "slow") return delay(upstream, request, handler);
  return tamper(fault, upstream, request, handler);
}

/** No provider is asked, so that a rehearsal costs nothing. */
function refuse(status: number, handler: UpstreamHandler): UpstreamCall {
  const code = status === 429 ? "rate_limit_exceeded" : "server_error";
  const error = { message: `Rehearsed: \`${HEADER.fault}: ${status}\`.`, type: code, param: null, code };
  const timer = setImmediate(() => {
    handler.onHead(status, ["content-type", "application/json", ...(status === 429 ? ["retry-after", "1"] : [])]);
    handler.onData(Buffer.from(JSON.stringify({ type: "error", error })));
    handler.onEnd();
  });
  return { abort: () => clearImmediate(timer), pause() {}, resume() {} };
}

function delay(upstream: Upstream, request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
  const waiting = new Set<NodeJS.Timeout>();
  let free = performance.now() + FIRST_BYTE_MS;
  function later(step: () => void): void {
    const now = performance.now();
    const due = Math.max(now, free);
    free = due + BETWEEN_MS;
    const timer = setTimeout(() => {
      waiting.delete(timer);
      step();
    }, due - now);
    waiting.add(timer);
  }
  const call = upstream.request(request, {
    onHead: (status, headers) => later(() => handler.onHead(status, headers)),
    onData: (chunk) => later(() => handler.onData(chunk)),
    onEnd: () => later(() => handler.onEnd()),
    onError: (error) => later(() => handler.onError(error)),
  });
  return {
    abort() {
      for (const timer of waiting) clearTimeout(timer);
      call.abort();
    },
    pause: () => call.pause(),
    resume: () => call.resume(),
  };
}

/** Events of a stream that arrive whole before it goes wrong. */
const GOOD_EVENTS = 3;
const BROKEN_EVENT = Buffer.from('data: {"rehearsed": "this event is no JSON\n\n');

/** Half of the answer, and then: the connection breaks off, or something that is no JSON. */
function tamper(
  fault: "truncated" | "malformed",
  upstream: Upstream,
  request: UpstreamRequest,
  handler: UpstreamHandler,
): UpstreamCall {
  const whole: Buffer[] = [];
  let events: SseScanner | undefined;
  let good = 0;
  let spoiled = false;

  function spoil(): void {
    spoiled = true;
    call.abort();
    if (fault === "truncated")
      return handler.onError(new UpstreamError("truncated", `rehearsed by \`${HEADER.fault}\``));
    if (events) handler.onData(BROKEN_EVENT);
    handler.onEnd();
  }

  const call = upstream.request(request, {
    onHead(status, headers) {
      if (headerOf(headers, "content-type").startsWith("text/event-stream"))
        events = new SseScanner((bytes, start, end) => {
          handler.onData(bytes.subarray(start, end));
          return ++good < GOOD_EVENTS;
        });
      handler.onHead(status, headers);
    },
    onData(chunk) {
      if (spoiled) return;
      if (!events) return void whole.push(chunk);
      events.push(chunk);
      if (good >= GOOD_EVENTS) spoil();
    },
    onEnd() {
      if (spoiled) return;
      const body = Buffer.concat(whole);
      if (!events) handler.onData(body.subarray(0, body.length / 2));
      spoil();
    },
    onError: (error) => handler.onError(error),
  });
  return call;
}
