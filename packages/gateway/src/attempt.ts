import { FlywheelError } from "@flywheel/protocol";
import type { Attempt } from "@flywheel/protocol";
import { LOCAL_PROVIDER, UpstreamError, headerOf } from "@flywheel/providers";
import type { UpstreamHandler, UpstreamRequest } from "@flywheel/providers";
import { WholeRelay, answerError, answerWhole } from "./answer.ts";
import type { UpstreamAnswer } from "./answer.ts";
import { cacheKey } from "./cache.ts";
import { elapsed } from "./call.ts";
import type { Call, LocalAddress, Relay } from "./call.ts";
import { asFlywheelError, fromUpstream } from "./errors.ts";
import { rehearse } from "./fault.ts";
import { StreamRelay } from "./relay.ts";
import type { ResolvedTarget } from "./route.ts";
import { dialectFor, isSame, translateRequest } from "./translate.ts";
import { TranslatingRelay } from "./translating-relay.ts";

/** Ask the route's targets in order. The next one is asked only while nothing has reached the client. */
export function attempt(call: Call, index = 0): void {
  const target = call.route.targets[index]!;
  call.target = target;
  const record: Attempt = {
    provider: target.provider.id,
    model: target.model,
    started_ms: Math.round(elapsed(call)),
    ended_ms: 0,
    ...(call.fault !== undefined && { fault: call.fault }),
  };
  call.attempts.push(record);
  new Try(call, index, target, record).start();
}

/** A provider that closes its side late is not waited for longer than this. */
const SETTLE_MS = 1000;

/** One try at one target. */
class Try implements UpstreamHandler {
  #call: Call;
  #index: number;
  #target: ResolvedTarget;
  #record: Attempt;
  #relay: Relay | undefined;
  #cacheKey: string | undefined;
  #resolvedTwice = false;
  #ended = false;

  constructor(call: Call, index: number, target: ResolvedTarget, record: Attempt) {
    this.#call = call;
    this.#index = index;
    this.#target = target;
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
    const failure = fromUpstream(error, this.#target.provider.id);
    if (this.#relay) this.#relay.fail(failure);
    else this.#failed(failure);
  }

  #resolveLocal(): void {
    const call = this.#call;
    call.ports.resolveLocal(this.#target.model, (error, address) => {
      if (call.phase !== "open") return;
      if (address) this.#sendLocal(address);
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
    const { first_byte_whole, ...timeouts } = ports.limits.timeouts;
    if (!request.stream) timeouts.first_byte = first_byte_whole;
    call.answering = dialectFor(request, provider);
    call.ignored = [];
    const path = call.answering.path(request.operation, model, request.stream);
    const accept = request.stream ? "text/event-stream" : "application/json";
    try {
      if (path === undefined || (request.operation !== "chat" && !isSame(call)))
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
        timeouts,
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
    call.upstream = undefined;
    call.relay = undefined;
    const worthIt = answer ? mayPass(answer.status) : error.retryable && error.code !== "shutting_down";
    if (worthIt && this.#index + 1 < call.route.targets.length) attempt(call, this.#index + 1);
    else answerError(call, this.#target.provider.id, error, answer);
  }

  #settled(error?: FlywheelError): void {
    this.#close(error);
    if (!error) this.#keep();
    // After `[DONE]` only the framing is missing, and it keeps the connection usable; usually it came in the same read.
    const { upstream } = this.#call;
    setImmediate(() => {
      if (!this.#ended) setTimeout(() => this.#ended || upstream?.abort(), SETTLE_MS).unref();
    });
  }

  #close(error?: FlywheelError): void {
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

/** A refusal that another provider, or the same one later, might not repeat. */
function mayPass(status: number): boolean {
  return status === 429 || status === 408 || status >= 500 || (status >= 200 && status < 400);
}

const PASSED = new Set([
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
  "openai-processing-ms",
  "openai-version",
  "request-id",
]);

/** The provider's headers that mean something to a client's SDK. */
function passedOn(rawHeaders: readonly string[]): string[] {
  const list: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (PASSED.has(name) || name.startsWith("x-ratelimit-") || name.startsWith("anthropic-ratelimit-"))
      list.push(name, rawHeaders[i + 1]!);
  }
  return list;
}
