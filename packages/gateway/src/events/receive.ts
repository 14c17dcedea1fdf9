import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type Config,
  type EventHead,
  type EventRecorder,
  type EventsAnswer,
  FlywheelError,
  isPublishable,
  type Key,
  type ResolveKey,
} from "@flywheel/protocol";
import { resolveSecret, secretOf } from "../authenticate.ts";
import { readBody } from "../body.ts";
import { asFlywheelError, ownHeaders, sendJson } from "../errors.ts";
import { type GenerationTokens, isToken } from "./generation-token.ts";
import { isObject, readEvent, type ReadEvent } from "./read-event.ts";
import type { Rate, RateLimiter } from "./rate.ts";

/** What is needed to take in events. */
export interface EventPorts {
  recorder: EventRecorder;
  tokens: GenerationTokens;
  resolveKey: ResolveKey;
  rates: RateLimiter;
  config(): Config;
}

/** What a sender may send in one request. Bytes, and events. */
export const EVENT_LIMITS = {
  publishable: { body: 64 * 1024, payload: 32 * 1024, events: 50 },
  secret: { body: 4 * 1024 * 1024, payload: 256 * 1024, events: 500 },
} as const;

/** Of a publishable key: everyone who opens the page has it. */
const RATES = {
  address: { burst: 200, perSecond: 10 },
  key: { burst: 5_000, perSecond: 500 },
} as const satisfies Record<string, Rate>;

const DAY_MS = 86_400_000;
/** A clock may be ahead by this much. */
const AHEAD_MS = 60_000;

/**
 * `POST /events`: answers once every event of the body that is accepted is in the write-ahead log. Events are judged one
 * by one; where none is accepted the answer is the first one's error.
 */
export function receiveEvents(
  req: IncomingMessage,
  res: ServerResponse,
  requestId: string,
  ports: EventPorts,
  refuse: (error: FlywheelError) => void,
): void {
  const secret = secretOf(req.headers);
  // Without a header the key is in the body, and then it can only be a publishable one.
  const early = secret === undefined ? undefined : resolveSecret(secret, ports.resolveKey);
  const limits = early && !isPublishable(early.scopes) ? EVENT_LIMITS.secret : EVENT_LIMITS.publishable;
  readBody(req, limits.body, (error, body) => {
    try {
      if (error) throw error;
      const sent = parseBody(body);
      const key = early ?? publishableKey(sent, ports.resolveKey);
      checkKey(key, req, res, sent.events.length, limits.events, ports.rates);
      const answer: EventsAnswer = { accepted: 0, refused: [] };
      const heads = acceptable(sent.events, key, req, ports, limits.payload, answer);
      record(heads, ports.recorder, (failed) => {
        if (failed) return refuse(asFlywheelError(failed));
        answer.accepted = heads.length;
        sendJson(res, 200, Buffer.from(JSON.stringify(answer)), ownHeaders(requestId));
      });
    } catch (thrown) {
      refuse(asFlywheelError(thrown));
    }
  });
}

interface Sent {
  key: unknown;
  events: unknown[];
}

/** The content type does not matter: `text/plain` spares a page the question whether it may ask. */
function parseBody(body: Buffer): Sent {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new FlywheelError("invalid_json", { reason: (error as Error).message });
  }
  if (!isObject(value) || !Array.isArray(value["events"]) || value["events"].length === 0)
    throw new FlywheelError("invalid_request", {
      reason: "The body must be `{ events: [ … ] }` with at least one event.",
    });
  return { key: value["key"], events: value["events"] as unknown[] };
}

function publishableKey({ key }: Sent, resolveKey: ResolveKey): Key {
  if (typeof key !== "string") throw new FlywheelError("missing_key");
  const found = resolveSecret(key, resolveKey);
  if (!isPublishable(found.scopes))
    throw new FlywheelError("forbidden", {
      reason: "Only a publishable key may stand in the body. Send this one as `authorization: Bearer …`.",
    });
  return found;
}

function checkKey(
  key: Key,
  req: IncomingMessage,
  res: ServerResponse,
  count: number,
  most: number,
  rates: RateLimiter,
): void {
  const { origin } = req.headers;
  if (!key.scopes.some((scope) => scope === "events" || scope === "inference"))
    throw new FlywheelError("forbidden", { reason: "This key may not send events." });
  if (origin !== undefined && isPublishable(key.scopes) && !key.origins.some((one) => one === origin || one === "*"))
    throw new FlywheelError("origin_not_allowed", { origin: origin.slice(0, 200) });
  if (count > most) throw new FlywheelError("body_too_large", { limit: `${most} events or more` });
  if (!isPublishable(key.scopes)) return;
  const wait =
    rates.take(`${key.id} ${req.socket.remoteAddress ?? ""}`, count, RATES.address) ||
    rates.take(key.id, count, RATES.key);
  if (wait === 0) return;
  res.setHeader("retry-after", wait);
  throw new FlywheelError("rate_limited", { what: "events", seconds: wait });
}

interface Accepted {
  head: EventHead;
  payload: Buffer;
}

/** Those that are good; the others are listed in `answer`. Throws the first error where none is good. */
function acceptable(
  events: readonly unknown[],
  key: Key,
  req: IncomingMessage,
  ports: EventPorts,
  payloadLimit: number,
  answer: EventsAnswer,
): Accepted[] {
  const config = ports.config();
  const received = Date.now();
  const maxAgeMs = config.retention.days * DAY_MS;
  const accepted: Accepted[] = [];
  let first: FlywheelError | undefined;
  for (const event of events) {
    try {
      const read = readEvent(event, config.events);
      const payload = payloadOf(read, key, ports.tokens, maxAgeMs, payloadLimit);
      const generation_id = generationOf(read.generation, key, ports.tokens, maxAgeMs);
      accepted.push({ head: headOf(read, generation_id, key, received, req.headers.origin ?? ""), payload });
    } catch (thrown) {
      const error = asFlywheelError(thrown);
      first ??= error;
      const id = isObject(event) && typeof event["id"] === "string" ? event["id"].slice(0, 64) : "";
      answer.refused.push({ id, code: error.code, message: error.message });
    }
  }
  if (accepted.length === 0) throw first!;
  return accepted;
}

function payloadOf(
  { payload, others }: ReadEvent,
  key: Key,
  tokens: GenerationTokens,
  maxAgeMs: number,
  limit: number,
): Buffer {
  const named = others.map((field) => [field, generationOf(payload[field] as string, key, tokens, maxAgeMs)] as const);
  const bytes = Buffer.from(JSON.stringify({ ...payload, ...Object.fromEntries(named) }));
  if (bytes.length > limit) throw new FlywheelError("body_too_large", { limit });
  return bytes;
}

const GENERATION_ID = /^gen_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whoever has a secret key may speak of any generation of its project; a page must have been shown the answer. */
function generationOf(reference: string, key: Key, tokens: GenerationTokens, maxAgeMs: number): string {
  if (!isToken(reference)) {
    if (isPublishable(key.scopes))
      throw new FlywheelError("generation_token_invalid", {
        reason: "A publishable key needs more than the id of a generation.",
      });
    if (GENERATION_ID.test(reference)) return reference;
    throw new FlywheelError(
      "invalid_request",
      { reason: "`generation` must be `gen_` and a UUIDv7." },
      { param: "generation" },
    );
  }
  const verified = tokens.verify(key.project, reference, maxAgeMs);
  if ("id" in verified) return verified.id;
  const reason = { forged: "This generation token was not made here.", expired: "This generation token is too old." };
  throw new FlywheelError("generation_token_invalid", { reason: reason[verified.fault] });
}

function headOf(
  { id, name, time, user, consent }: ReadEvent,
  generation_id: string,
  key: Key,
  received: number,
  origin: string,
): EventHead {
  return {
    id,
    received,
    // Nothing happens later than it is told.
    time: time === undefined || time > received + AHEAD_MS ? received : time,
    project: key.project,
    environment: key.environment,
    key_id: key.id,
    name,
    generation_id,
    user_id: user,
    consent,
    origin: origin.slice(0, 200),
  };
}

/** @param done called once, after the last record is written or the first one could not be */
function record(events: readonly Accepted[], recorder: EventRecorder, done: (error?: Error) => void): void {
  let left = events.length;
  let failed = false;
  for (const { head, payload } of events)
    recorder.event(head, payload, (error) => {
      if (failed) return;
      left--;
      failed = error !== undefined;
      if (failed || left === 0) done(error);
    });
}
