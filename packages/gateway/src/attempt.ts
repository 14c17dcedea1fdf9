import { FlywheelError } from "@flywheel/protocol";
import type { Attempt, AttemptReason, NoRetryReason } from "@flywheel/protocol";
import { LOCAL_PROVIDER, UpstreamError, headerOf } from "@flywheel/providers";
import type { UpstreamHandler, UpstreamRequest, UpstreamTimeouts } from "@flywheel/providers";
import { WholeRelay, answerError, answerWhole } from "./answer.ts";
import type { UpstreamAnswer } from "./answer.ts";
import { cacheKey } from "./cache.ts";
import { elapsed, timeLeft, totalTime } from "./call.ts";
import type { Call, LocalAddress, Relay } from "./call.ts";
import { choose } from "./choose.ts";
import type { Choice } from "./choose.ts";
import { asFlywheelError, fromUpstream, timeout } from "./errors.ts";
import { rehearse } from "./fault.ts";
import { StreamRelay } from "./relay.ts";
import { judge, retryWait } from "./retry.ts";
import type { Verdict } from "./retry.ts";
import type { ResolvedTarget } from "./route.ts";
import { dialectFor, isSame, translateRequest } from "./translate.ts";
import { TranslatingRelay } from "./translating-relay.ts";

/** Ask a target. The same one or the next is asked again only while nothing has reached the client. */
export function attempt(call: Call, choice: Choice): void {
  const { target, reason, passedOver, waited_ms } = choice;
  call.target = target;
  const record: Attempt = {
    provider: target.provider.id,
    model: target.model,
    reason,
    started_ms: Math.round(elapsed(call)),
    ended_ms: 0,
  };
  if (passedOver.length > 0) record.passed_over = [...passedOver];
  if (waited_ms !== undefined) record.waited_ms = waited_ms;
  if (call.fault !== undefined) record.fault = call.fault;
  call.attempts.push(record);
  new Try(call, choice, record).start();
}

/** Do something later, unless the call is over by then. */
function later(call: Call, ms: number, then: () => void): void {
  const timer = setTimeout(then, ms);
  call.upstream = { abort: () => clearTimeout(timer), pause() {}, resume() {} };
}

const PROBES: ReadonlySet<AttemptReason> = new Set(["probe", "last_resort"]);

/** A provider that closes its side late is not waited for longer than this. */
const SETTLE_MS = 1000;

/** One try at one target. */
class Try implements UpstreamHandler {
  #call: Call;
  #choice: Choice;
  #target: ResolvedTarget;
  #record: Attempt;
  #excused = false;
  #relay: Relay | undefined;
  #cacheKey: string | undefined;
  #resolvedTwice = false;
  #ended = false;

  constructor(call: Call, choice: Choice, record: Attempt) {
    this.#call = call;
    this.#choice = choice;
    this.#target = choice.target;
    this.#record = record;
  }

  start(): void {
    const { provider } = this.#target;
    const { foreignSecret } = this.#call;
    const headers = (foreignSecret !== undefined && provider.headersWith?.(foreignSecret)) || provider.headers;
    if (provider.id === LOCAL_PROVIDER) this.#resolveLocal();
    else this.#send(provider.origin, provider.base_path, headers, "");
  }

  onHead(status: number, rawHeaders: string[]): void {
    const call = this.#call;
    this.#record.status = status;
    const contentType = headerOf(rawHeaders, "content-type");
    const coding = headerOf(rawHeaders, "content-encoding").toLowerCase();
    if (coding !== "" && coding !== "identity") {
      call.upstream?.abort();
      return this.#failed(this.#invalid(`a body compressed with ${coding}, which was not asked for`));
    }
    const passed = passedOn(rawHeaders);
    const ok = status >= 200 && status < 300;
    // A probe has found out enough when its answer begins, however long that goes on.
    if (ok && call.request.stream && PROBES.has(this.#choice.reason)) this.#tells("works");
    if (ok && call.request.stream && /^text\/event-stream\b/i.test(contentType)) {
      const StreamingRelay = isSame(call) ? StreamRelay : TranslatingRelay;
      this.#relay = new StreamingRelay(call, contentType, passed, {
        onFailedEarly: (error) => this.#failed(error),
        onSettled: (error) => this.#settled(error),
      });
    } else {
      const limit = ok ? call.ports.limits.response_bytes : call.ports.limits.error_bytes;
      this.#relay = new WholeRelay(
        call,
        contentType,
        limit,
        (body, tooLarge) => this.#onWhole({ status, contentType, headers: passed, body, tooLarge }),
        (error) => this.#failed(error),
      );
    }
    call.relay = this.#relay;
  }

  onData(chunk: Buffer): void {
    this.#call.firstChunkMs ??= this.#call.request.stream ? undefined : elapsed(this.#call);
    this.#relay!.push(chunk);
  }

  onEnd(): void {
    this.#ended = true;
    this.#relay!.end();
  }

  onError(error: UpstreamError): void {
    const call = this.#call;
    this.#ended = true;
    if (
      error.kind === "connect" &&
      error.code === "ECONNREFUSED" &&
      this.#target.provider.id === LOCAL_PROVIDER &&
      !this.#resolvedTwice
    ) {
      this.#resolvedTwice = true; // its process may have been restarted, on another port
      this.#ended = false;
      return this.#resolveLocal();
    }
    // Only who had all the time, and used it up without a word, is to blame that it is over.
    this.#excused = error.phase === "total" && (this.#relay !== undefined || call.attempts.length > 1);
    const failure = fromUpstream(error, this.#target.provider.id, totalTime(call));
    if (this.#relay) this.#relay.fail(failure);
    else this.#failed(failure);
  }

  #resolveLocal(): void {
    const call = this.#call;
    call.ports.resolveLocal(this.#target.model, (error, address) => {
      if (call.phase !== "open") return;
      if (timeLeft(call) <= 0) this.#failed(timeout(LOCAL_PROVIDER, "total", totalTime(call)));
      else if (address) this.#sendLocal(address);
      else
        this.#failed(
          error instanceof FlywheelError
            ? error
            : new FlywheelError("model_unavailable", {
                model: `local/${this.#target.model}`,
                reason: error?.message ?? "it did not start",
              }),
        );
    });
  }

  #sendLocal(address: LocalAddress): void {
    this.#send(address.origin, "/v1", address.headers, address.fingerprint);
  }

  /** @param fingerprint of what answers there; `undefined` = unknown, so nothing is cached */
  #send(origin: string, basePath: string, headers: readonly string[], fingerprint: string | undefined): void {
    const call = this.#call;
    const { ports, request } = call;
    const { provider, model } = this.#target;
    call.answering = dialectFor(request, provider);
    call.ignored = [];
    const tier = request.typed?.aim(provider, call.answering);
    if (tier) this.#record.output_tier = tier;
    const path = call.answering.path(request.operation, model, request.stream);
    const accept = request.stream ? "text/event-stream" : "application/json";
    try {
      if (path === undefined || (request.operation === "embeddings" && !isSame(call) && !call.answering.embeddings))
        throw new FlywheelError("invalid_request", { reason: `${provider.id} serves no ${request.operation}.` });
      const ofDialect = dialectHeaders(call);
      const sent: UpstreamRequest = {
        origin,
        method: "POST",
        path: basePath + path,
        headers: [
          "content-type",
          "application/json",
          "accept",
          accept,
          "user-agent",
          "flywheel",
          ...ofDialect,
          ...headers,
        ],
        body: translateRequest(call, provider, model),
        timeouts: timeoutsOf(call),
      };
      if (call.cacheUse !== "off" && fingerprint !== undefined && this.#recall(sent, ofDialect, fingerprint)) return;
      if (call.cacheUse === "only") throw new FlywheelError("cache_miss");
      call.upstream =
        call.fault === undefined
          ? ports.upstream.request(sent, this)
          : rehearse(call.fault, ports.upstream, sent, this);
    } catch (error) {
      this.#failed(asFlywheelError(error));
    }
  }

  /** Let the cache answer in the provider's place, if it can. */
  #recall(sent: UpstreamRequest, ofDialect: readonly string[], fingerprint: string): boolean {
    const call = this.#call;
    this.#cacheKey = cacheKey(call, this.#target, sent, ofDialect, fingerprint);
    const { seconds } = call.config.cache;
    const known = call.ports.cache.get(this.#cacheKey, Date.now() - seconds * 1000);
    call.cached = known ? "hit" : "miss";
    if (!known) return false;
    call.attempts.pop(); // nobody was asked
    this.onHead(200, ["content-type", known.contentType]);
    for (const chunk of known.body) this.onData(chunk);
    this.onEnd();
    return true;
  }

  /** This target's answer is whole and good. */
  #keep(): void {
    const { ports, config, cached } = this.#call;
    const relay = this.#relay!;
    if (this.#cacheKey === undefined || cached !== "miss" || this.#call.fault !== undefined) return;
    ports.cache.put(this.#cacheKey, { contentType: relay.contentType, body: relay.raw }, config.cache);
  }

  #onWhole(answer: UpstreamAnswer): void {
    if (this.#call.phase !== "open") return;
    const error = answerWhole(this.#call, this.#target.provider.id, answer, () => {
      this.#close();
      this.#tells("works");
      this.#keep();
    });
    if (error) this.#failed(error, answer);
  }

  /** No answer from this target. */
  #failed(error: FlywheelError, answer?: UpstreamAnswer): void {
    const call = this.#call;
    if (call.phase !== "open") return;
    if (!this.#ended) call.upstream?.abort();
    this.#close(error);
    const repairs = error.code === "output_invalid" && (call.request.typed?.mayRepair() ?? false) && timeLeft(call) > 0;
    const verdict = judge(error, answer && answer.status >= 400 ? answer.status : undefined);
    this.#tells(verdict.target);
    call.upstream = undefined;
    call.relay = undefined;
    call.firstChunkMs = undefined;
    if (repairs)
      return attempt(call, { target: this.#target, reason: "repair", retry: this.#choice.retry, passedOver: [] });
    if (verdict.again && call.fault === undefined) {
      const wait = this.#retryWait(answer?.headers ?? []);
      if (typeof wait === "number") return this.#again(wait);
      this.#record.no_retry = wait;
    }
    const next = verdict.elsewhere && timeLeft(call) > 0 ? choose(call) : undefined;
    if (next) return attempt(call, next);
    const { no_retry } = this.#record;
    call.exhausted = verdict.elsewhere && (call.attempts.length > 1 || no_retry === "budget" || no_retry === "circuit");
    answerError(call, this.#target.provider.id, error, answer);
  }

  #retryWait(headers: readonly string[]): number | NoRetryReason {
    const call = this.#call;
    const { health, limits, random } = call.ports;
    const situation = {
      retry: this.#choice.retry,
      retries: call.route.retries ?? limits.retry.retries,
      headers,
      circuitOpen: health.circuitOf(call, this.#target)?.isOpen ?? false,
      othersLeft: call.left.length > 0,
      left_ms: timeLeft(call),
    };
    return retryWait(situation, limits.retry, random, () => health.spend(call, this.#target));
  }

  #again(wait: number): void {
    const call = this.#call;
    const choice: Choice = {
      target: this.#target,
      reason: "retry",
      retry: this.#choice.retry + 1,
      waited_ms: Math.round(wait),
      passedOver: [],
    };
    later(call, wait, () => attempt(call, choice));
  }

  /** What this attempt tells of its target, for the calls to come. Nothing, where nobody was asked, only in play, or unseen. */
  #tells(target: Verdict["target"]): void {
    const call = this.#call;
    const real = call.fault === undefined && call.shadowOf === undefined && call.cached !== "hit";
    const counts = real && !this.#excused;
    const began = call.started + this.#record.started_ms;
    call.ports.health.learn(call, this.#choice, began, counts ? target : "unknown");
  }

  #settled(error?: FlywheelError): void {
    this.#close(error);
    this.#tells(error ? judge(error, undefined).target : "works");
    if (!error) this.#keep();
    // After `[DONE]` only the framing is missing, and it keeps the connection usable; usually it came in the same read.
    const { upstream } = this.#call;
    setImmediate(() => {
      if (!this.#ended) setTimeout(() => this.#ended || upstream?.abort(), SETTLE_MS).unref();
    });
  }

  #close(error?: FlywheelError): void {
    const mended = this.#call.request.typed?.mended ?? [];
    if (mended.length > 0) this.#record.mended = [...mended];
    this.#record.ended_ms = Math.round(elapsed(this.#call));
    if (!error) return;
    this.#record.error = error.code;
    this.#record.message = error.message;
  }

  #invalid(reason: string): FlywheelError {
    return new FlywheelError("upstream_invalid", { provider: this.#target.provider.id, reason });
  }
}

/** The dialect's own headers; between two of the same dialect the client's win. */
function dialectHeaders(call: Call): string[] {
  const list: string[] = [];
  const { headers, clientHeaders } = call.answering;
  const sent = isSame(call) ? call.clientHeaders : {};
  for (let i = 0; i < headers.length; i += 2)
    if (typeof sent[headers[i]!] !== "string") list.push(headers[i]!, headers[i + 1]!);
  for (const name of clientHeaders) if (typeof sent[name] === "string") list.push(name, sent[name]);
  return list;
}

function timeoutsOf(call: Call): UpstreamTimeouts {
  const { timeouts } = call.route;
  const usual = call.ports.limits.timeouts;
  return {
    connect: timeouts.connect ?? usual.connect,
    first_byte: call.request.stream ? (timeouts.first_byte ?? usual.first_byte) : usual.first_byte_whole,
    idle: timeouts.idle ?? usual.idle,
    total: timeLeft(call),
  };
}

const PASSED = new Set([
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
  "openai-processing-ms",
  "openai-version",
  "request-id",
]);

/** Most headers begin otherwise, and need not be put into lower case to tell: `r`, `x`, `o`, `a`. */
const PASSED_INITIALS = new Set([..."rxoa"].map((letter) => letter.charCodeAt(0)));

/** The provider's headers that mean something to a client's SDK. */
function passedOn(rawHeaders: readonly string[]): string[] {
  const list: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!PASSED_INITIALS.has(rawHeaders[i]!.charCodeAt(0) | 0x20)) continue;
    const name = rawHeaders[i]!.toLowerCase();
    if (PASSED.has(name) || name.startsWith("x-ratelimit-") || name.startsWith("anthropic-ratelimit-"))
      list.push(name, rawHeaders[i + 1]!);
  }
  return list;
}
