import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DEFAULT_CONFIG, DIALECT_IDS } from "@flywheel/protocol";
import type { BeginHead, DialectId, EndHead } from "@flywheel/protocol";
import type { Limits } from "../../packages/gateway/src/limits.ts";
import { SECRET, startGateway } from "../../packages/gateway/test/running-gateway.ts";
import type { RunningGateway } from "../../packages/gateway/test/running-gateway.ts";
import { CASE_NAMES, EXPECTED } from "../upstream/fixtures/case.ts";
import type { CaseName } from "../upstream/fixtures/case.ts";
import { FIXTURES } from "../upstream/fixtures/index.ts";
import type { FaultName } from "../upstream/faults.ts";
import { startUpstream } from "../upstream/server.ts";
import type { ScriptedUpstream } from "../upstream/server.ts";
import { CLIENTS, view } from "./client-view.ts";
import type { Client, View } from "./client-view.ts";

/** What a fault comes to: the whole answer, a refusal with a status, or a break after the client has a part. */
type Outcome = "whole" | readonly [status: number, code: string] | { broken: string };

interface Row {
  fault: FaultName;
  /** `undefined`: there is no such thing in this form. */
  stream?: Outcome | ((provider: DialectId) => Outcome | undefined);
  one?: Outcome;
  /** Tried with the case `text` only. */
  once?: true;
}

/** Faults that only time reveals go through a gateway that is in a hurry there, and nowhere else. */
const HURRIED: Readonly<Partial<Record<FaultName, Partial<Limits["timeouts"]>>>> = {
  hang: { first_byte: 500, first_byte_whole: 500 },
  "hang-after-head": { idle: 500 },
  "hang-mid": { idle: 500 },
  "late-close": { idle: 500 },
};

const isHurried = ({ fault }: Row): boolean => Object.hasOwn(HURRIED, fault);

const INVALID = [502, "upstream_invalid"] as const;
const TRUNCATED = { broken: "upstream_truncated" };
/** The provider's own status and words, and no answer in them whatever the case. */
const refused = (fault: FaultName, status: number): Row => {
  const outcome = [status, "upstream_error"] as const;
  return { fault, stream: outcome, one: outcome, once: true };
};
const never = (fault: FaultName, ...outcome: readonly [number, string]): Row => ({
  fault,
  stream: outcome,
  one: outcome,
  once: true,
});

const ROWS: readonly Row[] = [
  { fault: "ok", stream: "whole", one: "whole" },
  { fault: "slow", stream: "whole", one: "whole" },
  { fault: "slow-head", stream: "whole", one: "whole" },
  // Gemini's streams have no last event: one that does not close is one that hangs.
  { fault: "late-close", stream: (provider) => (provider === "gemini" ? { broken: "upstream_timeout" } : "whole") },
  { fault: "bytewise", stream: "whole", one: "whole" },
  { fault: "crlf", stream: "whole" },
  { fault: "cr", stream: "whole" },
  { fault: "bom", stream: "whole" },
  { fault: "comments", stream: "whole" },
  { fault: "no-space", stream: "whole" },
  { fault: "odd-fields", stream: "whole" },
  { fault: "multi-line", stream: "whole" },
  { fault: "no-usage", stream: "whole" },
  { fault: "bare-done", stream: "whole" },
  { fault: "after-done", stream: (provider) => (provider === "gemini" ? undefined : "whole") },
  {
    fault: "no-done",
    // Where the last event is the only one that says that the answer is over, there is no answer without it.
    stream: (provider) => (provider === "openai-responses" || provider === "gemini" ? TRUNCATED : "whole"),
  },
  { fault: "truncated", stream: TRUNCATED },
  { fault: "truncated-event", stream: TRUNCATED },
  { fault: "reset", stream: TRUNCATED },
  { fault: "hang-mid", stream: { broken: "upstream_timeout" } },
  { fault: "malformed-event", stream: { broken: "upstream_invalid" } },
  { fault: "error-event", stream: { broken: "upstream_error" } },
  { fault: "error-first", stream: [502, "upstream_error"] },
  { fault: "empty-stream", stream: [502, "upstream_truncated"] },
  { fault: "truncated-body", stream: [502, "upstream_truncated"], one: [502, "upstream_truncated"] },
  { fault: "huge-line", stream: { broken: "upstream_invalid" }, once: true },
  { fault: "huge-first-line", stream: INVALID, once: true },
  never("many-headers", ...INVALID),
  never("bomb", ...INVALID),
  never("gzip", ...INVALID),
  never("hang", 504, "upstream_timeout"),
  never("hang-after-head", 504, "upstream_timeout"),
  never("reset-before-head", 502, "upstream_unreachable"),
  refused("400", 400),
  refused("401", 401),
  refused("429", 429),
  refused("429-ms", 429),
  refused("500", 500),
  refused("503", 503),
  refused("529", 529),
  refused("500-text", 500),
  refused("503-flat", 503),
  refused("huge-error", 500),
  refused("huge-json-error", 500),
  never("html", ...INVALID),
  never("garbage", ...INVALID),
  never("json-error-200", 502, "upstream_error"),
  { fault: "json-to-stream", stream: INVALID },
  never("not-http", ...INVALID),
  never("two-lengths", ...INVALID),
  never("length-and-chunked", ...INVALID),
  never("redirect", ...INVALID),
];

const REASONS: Record<Client, Readonly<Record<string, string>>> = {
  "openai-chat": {},
  "openai-responses": {
    stop: "completed",
    tool_calls: "completed",
    length: "max_output_tokens",
  },
  "anthropic-messages": {
    stop: "end_turn",
    tool_calls: "tool_use",
    length: "max_tokens",
    content_filter: "refusal",
  },
};

const ASK: Record<Client, [path: string, body: object]> = {
  "openai-chat": ["/v1/chat/completions", { messages: [{ role: "user", content: "Hi" }] }],
  "openai-responses": ["/v1/responses", { input: "Hi" }],
  "anthropic-messages": ["/v1/messages", { max_tokens: 100, messages: [{ role: "user", content: "Hi" }] }],
};

let upstream: ScriptedUpstream;
/** By fault; "" is the one with time. */
const gateways = new Map<FaultName | "", RunningGateway>();

before(async () => {
  upstream = await startUpstream();
  const provider = (dialect: DialectId) => ({
    base_url: `${upstream.origin}/fixtures`,
    dialect,
    api_key_env: "",
    headers: {},
    models: [],
  });
  const providers = Object.fromEntries(DIALECT_IDS.map((id) => [id, provider(id)]));
  for (const [fault, hurry] of [["", {}] as const, ...Object.entries(HURRIED)]) {
    const limits = { response_bytes: 4 * 1024 * 1024, timeouts: { ...PATIENT, ...hurry } };
    gateways.set(fault as FaultName, await startGateway({ ...DEFAULT_CONFIG, providers }, { limits }));
  }
});

const PATIENT = { connect: 20_000, first_byte: 20_000, first_byte_whole: 20_000, idle: 20_000, total: 60_000 };

after(async () => {
  for (const { stop } of gateways.values()) await stop();
  await upstream.close();
});

interface Asked {
  client: Client;
  provider: DialectId;
  model: string;
  stream: boolean;
}

interface Seen extends View {
  text: string;
  /** The rows that the request left: a beginning and an end, unless something is wrong. */
  rows: (BeginHead | EndHead)[];
  end: EndHead;
}

async function ask({ client, provider, model, stream }: Asked, fault?: FaultName): Promise<Seen> {
  const running = gateways.get(fault ?? "") ?? gateways.get("")!;
  const [path, body] = ASK[client];
  const usage = client === "openai-chat" && stream ? { stream_options: { include_usage: true } } : {};
  const response = await fetch(`http://127.0.0.1:${running.port}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": SECRET },
    body: JSON.stringify({ model: `${provider}/${model}`, stream, ...body, ...usage }),
  });
  const text = await response.text();
  const rows = takeRows(running, response.headers.get("flywheel-generation-id")!);
  const seen = view(client, response.status, response.headers.get("content-type") ?? "", text);
  return { ...seen, text, rows, end: rows.at(-1) as EndHead };
}

/** The rows of one generation, which are not looked at again. */
function takeRows({ recorder }: RunningGateway, id: string): (BeginHead | EndHead)[] {
  const { own = [], others = [] } = Object.groupBy(recorder.log, ({ head }) => (head.id === id ? "own" : "others"));
  recorder.log = others;
  return own.map(({ head }) => head);
}

function checkWhole(seen: Seen, asked: Asked, name: CaseName, fault: FaultName): void {
  const { parts, reason, usage } = EXPECTED[name];
  const words = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const calls = parts.flatMap((part) => (part.type === "tool-call" ? [[part.name, JSON.parse(part.arguments)]] : []));
  const counted = fault !== "no-usage" || asked.provider !== "openai-chat";
  const expected = {
    text: words,
    calls,
    reason: REASONS[asked.client][reason] ?? reason,
    ...(counted && { input: usage.input_tokens, output: usage.output_tokens }),
  };
  const { text, calls: heard, reason: why, input, output } = seen.answer!;
  assert.deepEqual({ text, calls: heard, reason: why, ...(counted && { input, output }) }, expected);
  assert.deepEqual([seen.error, seen.end.status, seen.end.http_status], ["", "ok", 200]);
  assert.doesNotMatch(seen.text, /intruder/);
}

function checkRefused(seen: Seen, [status, code]: readonly [number, string]): void {
  assert.deepEqual([seen.status, seen.over, seen.error !== ""], [status, false, true]);
  assert.deepEqual([seen.end.status, seen.end.http_status, seen.end.error?.code], ["error", status, code]);
  assert.ok(seen.text.length < 20_000, `${seen.text.length} bytes of error`);
}

function checkBroken(seen: Seen, code: string): void {
  assert.deepEqual([seen.status, seen.over, seen.error !== ""], [200, false, true]);
  assert.deepEqual([seen.end.status, seen.end.error?.code], ["partial", code]);
}

function check(seen: Seen, outcome: Outcome, asked: Asked, name: CaseName, fault: FaultName): void {
  assert.equal(seen.rows.length, 2, "one beginning and one end");
  if (outcome === "whole") checkWhole(seen, asked, name, fault);
  else if ("broken" in outcome) checkBroken(seen, outcome.broken);
  else checkRefused(seen, outcome);
}

/** Everything at once would be a test of the machine. */
async function inTurns<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const turn = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await run(item);
  };
  await Promise.all(Array.from({ length: 8 }, turn));
}

/** Bytes to cut at: spread over the stream, elsewhere for each pair of dialects, and more closely at its end. */
function cutsOf(total: number, offset: number): number[] {
  const spread = Array.from({ length: Math.floor(total / STEP) }, (_, i) => i * STEP + offset);
  const close = Array.from({ length: 30 }, (_, i) => total - i * 3 - (offset % 3));
  return [...spread, ...close].filter((at) => at >= 0 && at <= total);
}
const STEP = 37;

interface Trial {
  row: Row;
  name: CaseName;
  stream: boolean;
  outcome: Outcome;
}

function trials(provider: DialectId): Trial[] {
  return ROWS.flatMap((row) =>
    CASE_NAMES.slice(0, row.once ? 1 : undefined).flatMap((name) => {
      const stream = typeof row.stream === "function" ? row.stream(provider) : row.stream;
      return [
        ...(stream ? [{ row, name, stream: true, outcome: stream }] : []),
        ...(row.one ? [{ row, name, stream: false, outcome: row.one }] : []),
      ];
    }),
  );
}

const PAIRS = CLIENTS.flatMap((client) => DIALECT_IDS.map((provider) => ({ client, provider })));

describe("every fault of a provider", { concurrency: 2 }, () => {
  for (const [index, { client, provider }] of PAIRS.entries())
    describe(`${client} in, ${provider} out`, () => {
      test("every case and every fault comes to what the table says, and to one row", async () => {
        const wrong: string[] = [];
        const attempt = async ({ row, name, stream, outcome }: Trial): Promise<void> => {
          const asked = { client, provider, stream, model: `${name}+${row.fault}` };
          try {
            check(await ask(asked, row.fault), outcome, asked, name, row.fault);
          } catch (error) {
            wrong.push(`${asked.model}${stream ? " streamed" : ""}: ${String(error).slice(0, 600)}`);
          }
        };
        const all = trials(provider);
        // Those that hang only wait, and may do so together.
        const waiting = all.filter(({ row }) => isHurried(row)).map(attempt);
        await inTurns(
          all.filter(({ row }) => !isHurried(row)),
          attempt,
        );
        await Promise.all(waiting);
        assert.deepEqual(wrong, []);
      });

      test("a stream cut at any byte is whole for both or broken for both, client and row", async () => {
        const fixtures = FIXTURES[provider];
        const { events } = fixtures.cases.tools;
        const safe = Buffer.byteLength(events.slice(0, fixtures.endOf(events)).join(""));
        const total = Buffer.byteLength(events.join(""));
        const wrong: string[] = [];
        await inTurns(cutsOf(total, index), async (at) => {
          const { over, error, end, status, rows } = await ask({
            client,
            provider,
            stream: true,
            model: `tools+cut@${at}`,
          });
          const row = rows.length === 2 ? end.status : "not one row";
          const good = over && error === "" && row === "ok" && at > safe;
          const bad = !over && error !== "" && row === (status === 200 ? "partial" : "error") && at < total;
          if (good === bad) wrong.push(`at ${at} of ${safe}/${total}: ${status} ${over} ${error} ${row}`);
        });
        assert.deepEqual(wrong, []);
      });
    });
});
