import { createHash, hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { FlywheelError, HEADER } from "@flywheel/protocol";
import type { CachePolicy, Config } from "@flywheel/protocol";
import type { UpstreamRequest } from "@flywheel/providers";
import type { Call } from "./call.ts";
import type { ClientRequest } from "./client-request.ts";
import type { ResolvedTarget } from "./route.ts";

/** A whole, good answer as the provider sent it. It is given again through the very same steps, so it is read, translated and recorded like the first time. */
export interface StoredAnswer {
  contentType: string;
  body: readonly Buffer[];
}

/** Answers to requests that were asked before, in this process's memory. */
export interface AnswerCache {
  /** @param since epoch milliseconds; what was stored earlier is too old */
  get(key: string, since: number): StoredAnswer | undefined;
  put(key: string, answer: StoredAnswer, limits: Config["cache"]): void;
}

interface Entry extends StoredAnswer {
  stored: number;
  bytes: number;
}

/** Keeps what was used last. */
export function createAnswerCache(): AnswerCache {
  const entries = new Map<string, Entry>();
  let bytes = 0;

  function remove(key: string, entry: Entry): void {
    entries.delete(key);
    bytes -= entry.bytes;
  }

  return {
    get(key, since) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      remove(key, entry);
      if (entry.stored < since) return undefined;
      entries.set(key, entry);
      bytes += entry.bytes;
      return entry;
    },
    put(key, answer, limits) {
      // Copied: a chunk may be a small view that keeps everything its socket read in memory.
      const body = [Buffer.concat(answer.body)];
      const entry = { contentType: answer.contentType, body, stored: Date.now(), bytes: body[0]!.length + key.length };
      if (entry.bytes > limits.bytes / 16) return;
      const old = entries.get(key);
      if (old) remove(key, old);
      entries.set(key, entry);
      bytes += entry.bytes;
      for (const [oldest, least] of entries) {
        if (bytes <= limits.bytes) break;
        remove(oldest, least);
      }
    },
  };
}

/** What this request may do with the cache. `only`: no provider is asked. */
export type CacheUse = "off" | "on" | "only";

/**
 * The header decides, then the endpoint, then the project's policy, then where we run: while developing, the same question at temperature 0
 * need not be paid twice.
 * @throws FlywheelError `invalid_request` for a header that is neither `off` nor `only`
 */
export function cacheUse(
  headers: IncomingHttpHeaders,
  request: ClientRequest,
  config: Config,
  usual: CachePolicy,
): CacheUse {
  const wish = headers[HEADER.cache];
  if (wish === "off" || wish === "only") return wish;
  if (wish !== undefined)
    throw new FlywheelError("invalid_request", { reason: `\`${HEADER.cache}\` is \`off\` or \`only\`.` });
  if (request.cache !== undefined) return request.cache ? "on" : "off";
  const policy = config.cache.answers ?? usual;
  return policy === "all" || (policy === "deterministic" && request.deterministic) ? "on" : "off";
}

/**
 * Under which an answer is found again: project, target down to the model file, and every byte that is sent. Credentials
 * are left out, except a caller's own: what one account was told is not another's.
 * @param fingerprint of a local model's files; such a model without one has no key and is not cached
 */
export function cacheKey(
  call: Call,
  target: ResolvedTarget,
  sent: Pick<UpstreamRequest, "path" | "body">,
  dialectHeaders: readonly string[],
  fingerprint: string,
): string {
  const digest = createHash("sha256");
  const account = call.foreignSecret === undefined ? "" : hash("sha256", call.foreignSecret, "hex");
  const { id, origin } = target.provider;
  digest.update(
    JSON.stringify([call.key.project, account, id, origin, fingerprint, sent.path, dialectHeaders, call.answering.id]),
  );
  for (const part of sent.body ?? []) digest.update(part);
  return digest.digest("base64url");
}
