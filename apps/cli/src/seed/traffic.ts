import {
  type Attempt,
  type AttemptReason,
  type BeginHead,
  type EndHead,
  newId,
  SAMPLE_PROJECT,
  type Target,
} from "@flywheel/protocol";
import { drawTimes } from "./calendar.ts";
import { drawWork, type Exchange } from "./exchange.ts";
import { createRandom, type Random } from "./random.ts";
import { type Speaker, tokensIn, writeAnswer } from "./wire.ts";

/** What a gateway would have put into the write-ahead log. */
export interface SampleRecord {
  begin: BeginHead;
  request: Uint8Array;
  end: EndHead;
  response: Uint8Array[];
}

export interface TrafficOptions {
  generations: number;
  days: number;
  seed: number;
  /** Epoch milliseconds. */
  until: number;
}

/** A month of a shop's model calls, oldest first. Nothing was ever sent to anybody. */
export function* sampleTraffic({ generations, days, seed, until }: TrafficOptions): Generator<SampleRecord> {
  const random = createRandom(seed);
  const times = drawTimes(random, generations, days, until);
  const incident = until - Math.floor(days * 0.4) * DAY_MS - 9 * HOUR_MS;
  let work: Exchange[] = [];
  let earlier: Exchange | undefined;
  for (const [number, time] of times.entries()) {
    if (work.length === 0) work = drawWork(random, number);
    const drawn = work.shift()!;
    // Messages are read again by every job that touches them, and only the first time costs anything.
    const repeated = drawn.json && earlier !== undefined && random.next() < 0.2;
    const exchange = repeated ? earlier! : drawn;
    if (exchange.json) earlier = exchange;
    const share = (time - (until - days * DAY_MS)) / (days * DAY_MS);
    yield record(random, exchange, {
      time,
      share,
      repeated,
      incident: time >= incident && time < incident + 3 * HOUR_MS,
    });
  }
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface SampleModel extends Target {
  dialect: Speaker["dialect"];
  /** Milliseconds to the first chunk, and tokens a second after it. */
  first: number;
  speed: number;
}

const MODELS = {
  mini: { provider: "openai", model: "gpt-4o-mini", dialect: "openai-chat", first: 420, speed: 95 },
  newer: { provider: "openai", model: "gpt-5-mini", dialect: "openai-chat", first: 610, speed: 130 },
  haiku: { provider: "anthropic", model: "claude-haiku-4-5", dialect: "anthropic-messages", first: 560, speed: 120 },
  sonnet: { provider: "anthropic", model: "claude-sonnet-4-5", dialect: "anthropic-messages", first: 980, speed: 70 },
  llama: { provider: "groq", model: "llama-3.3-70b-versatile", dialect: "openai-chat", first: 190, speed: 260 },
  spark: { provider: "local", model: "spark", dialect: "openai-chat", first: 35, speed: 900 },
} as const satisfies Record<string, SampleModel>;

/** Who answers a route's calls: half way through the month, support moves to a newer model. */
function modelsOf(random: Random, route: string, share: number): [SampleModel, SampleModel] {
  if (route === "support") return [share > 0.55 && random.next() < 0.8 ? MODELS.newer : MODELS.mini, MODELS.haiku];
  if (route === "extract") return [random.next() < 0.3 ? MODELS.spark : MODELS.mini, MODELS.llama];
  if (route === "reviews") return [MODELS.llama, MODELS.mini];
  return [MODELS.sonnet, MODELS.newer];
}

const KEYS = { support: "key_sample-web", extract: "key_sample-worker", reviews: "key_sample-worker", copy: "key_sample-marketing" } as const; // prettier-ignore

type Outcome = "ok" | "cached" | "fallback" | "rate_limited" | "down" | "partial" | "aborted";

const USUAL: readonly (readonly [Outcome, number])[] = [["ok", 960], ["fallback", 8], ["rate_limited", 6], ["partial", 3], ["aborted", 12]]; // prettier-ignore
const INCIDENT: readonly (readonly [Outcome, number])[] = [
  ["ok", 30],
  ["fallback", 45],
  ["down", 15],
  ["partial", 10],
];

interface Moment {
  /** Epoch milliseconds. */
  time: number;
  /** How far into the month, 0 to 1. */
  share: number;
  /** This very request was answered before. */
  repeated: boolean;
  /** The largest provider is in trouble. */
  incident: boolean;
}

function record(random: Random, exchange: Exchange, { time, share, repeated, incident }: Moment): SampleRecord {
  const [first, second] = modelsOf(random, exchange.route, share);
  const outcome = repeated ? "cached" : random.weighted(incident && first.provider === "openai" ? INCIDENT : USUAL);
  const call = answerOf(random, exchange, outcome, first, second);
  const id = newId("gen", time);
  const request = {
    model: exchange.route,
    messages: exchange.messages,
    temperature: exchange.temperature,
    ...(exchange.stream && { stream: true }),
    ...(exchange.json && { response_format: { type: "json_object" } }),
    ...(exchange.user && { user: exchange.user }),
  };
  const begin: BeginHead = {
    id,
    time,
    project: SAMPLE_PROJECT,
    environment: "production",
    key_id: KEYS[exchange.route as keyof typeof KEYS],
    operation: "chat",
    dialect: "openai-chat",
    request_model: exchange.route,
    route: exchange.route,
    provider: first.provider,
    model: first.model,
    stream: exchange.stream,
    user_agent: "flywheel-seed",
    ...(exchange.conversation && { conversation_id: exchange.conversation }),
    ...(exchange.user && { user_id: exchange.user }),
  };
  const end: EndHead = {
    id,
    time: time + Math.round(call.duration * 1000),
    cache: outcome === "cached" ? "hit" : "off",
    ...call.end,
    duration: call.duration,
  };
  return { begin, request: Buffer.from(JSON.stringify(request)), end, response: [Buffer.from(call.body)] };
}

interface Call {
  body: string;
  duration: number;
  end: Omit<EndHead, "id" | "time" | "duration" | "cache">;
}

function answerOf(random: Random, exchange: Exchange, outcome: Outcome, first: SampleModel, second: SampleModel): Call {
  if (outcome === "rate_limited" || outcome === "down") return refused(random, first, outcome);
  const failed = outcome === "fallback";
  const model = failed ? second : first;
  const whole = tokensIn(exchange.answer);
  const sent = outcome === "partial" || outcome === "aborted" ? Math.ceil(whole * (0.2 + 0.6 * random.next())) : whole;
  const text =
    sent === whole ? exchange.answer : exchange.answer.slice(0, Math.ceil((exchange.answer.length * sent) / whole));
  const lost = failed ? random.whole(80, 1500) : 0;
  const cached = outcome === "cached";
  const firstMs = cached ? 1 : lost + model.first * random.spread(0.35);
  const lastMs = cached ? 2 : firstMs + (sent / model.speed) * 1000 * random.spread(0.15);
  const usage = { input: tokensIn(exchange.messages.map(({ content }) => content).join(" ")), output: sent };
  const started = lost === 0 ? 0 : lost + 1;
  const attempts: Attempt[] = cached ? [] : [attempt(model, started, lastMs, 200, failed ? "fallback" : "first")];
  if (failed) attempts.unshift({ ...attempt(first, 0, lost, 503), error: "upstream_error", message: OVERLOADED });
  const status = outcome === "partial" ? "partial" : outcome === "aborted" ? "client_aborted" : "ok";
  return {
    body: writeAnswer(model, text, usage, { stream: exchange.stream, whole: status === "ok" }),
    duration: lastMs / 1000,
    end: {
      status,
      http_status: 200,
      ...(status === "partial" && {
        error: { code: "upstream_truncated", message: `${model.provider} ended the answer before it was complete.` },
      }),
      provider: model.provider,
      model: model.model,
      dialect: model.dialect,
      content_type: exchange.stream ? "text/event-stream" : "application/json",
      attempts,
      ...(exchange.stream && { time_to_first_chunk: firstMs / 1000 }),
    },
  };
}

const OVERLOADED = "The engine is currently overloaded, please try again later.";
const TOO_MANY = "Rate limit reached for requests per minute.";

function refused(random: Random, model: SampleModel, outcome: "rate_limited" | "down"): Call {
  const ms = random.whole(60, 900);
  const http_status = outcome === "down" ? 503 : 429;
  const message = outcome === "down" ? OVERLOADED : TOO_MANY;
  const error = { code: "upstream_error", message: `${model.provider} answered with an error: ${message}` };
  return {
    body: JSON.stringify({ error: { message, type: "server_error", param: null, code: null } }),
    duration: ms / 1000,
    end: {
      status: "error",
      http_status,
      error,
      provider: model.provider,
      model: model.model,
      dialect: model.dialect,
      content_type: "application/json",
      attempts: [{ ...attempt(model, 0, ms, http_status), error: error.code, message: error.message }],
    },
  };
}

function attempt(
  { provider, model }: Target,
  started: number,
  ended: number,
  status: number,
  reason: AttemptReason = "first",
): Attempt {
  return { provider, model, reason, started_ms: Math.round(started), ended_ms: Math.round(ended), status };
}
