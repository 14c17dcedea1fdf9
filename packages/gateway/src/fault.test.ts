import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { generateText, streamText } from "ai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import OpenAI, { APIError, RateLimitError } from "openai";
import { startUpstream } from "../../../tests/upstream/server.ts";
import type { ScriptedUpstream } from "../../../tests/upstream/server.ts";
import { SECRET, chatBody, send, startGateway } from "../test/running-gateway.ts";
import type { RunningGateway } from "../test/running-gateway.ts";

let upstream: ScriptedUpstream;
let running: RunningGateway;

before(async () => {
  upstream = await startUpstream();
  running = await start(true);
});
after(async () => {
  await running.stop();
  await upstream.close();
});
beforeEach(() => {
  upstream.seen.length = 0;
  running.recorder.reset();
});

function start(dev: boolean): Promise<RunningGateway> {
  const up = { base_url: `${upstream.origin}/v1`, api_key_env: "", headers: {}, models: [] };
  return startGateway({ providers: { up: { ...up, dialect: "openai-chat" } } }, { dev });
}

const openai = (fault: string) =>
  new OpenAI({
    baseURL: `http://127.0.0.1:${running.port}/v1`,
    apiKey: SECRET,
    maxRetries: 0,
    defaultHeaders: { "flywheel-fault": fault },
  });
const aiSdk = (fault: string) =>
  createOpenAICompatible({
    name: "flywheel",
    baseURL: `http://127.0.0.1:${running.port}/v1`,
    apiKey: SECRET,
    headers: { "flywheel-fault": fault },
  })("up/ok");

const MESSAGES = [{ role: "user" as const, content: "Where is my card?" }];
const ask = (fault: string) => openai(fault).chat.completions.create({ model: "up/ok", messages: MESSAGES });
async function readStream(fault: string): Promise<string> {
  const stream = await openai(fault).chat.completions.create({ model: "up/ok", messages: MESSAGES, stream: true });
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
  return text;
}

const end = () => running.recorder.ends()[0]!;

test("`429` and `500` are the provider's refusals, at no cost: it is not asked", async () => {
  await assert.rejects(ask("429"), RateLimitError);
  assert.equal(end().http_status, 429);
  await assert.rejects(readStream("500"), (error) => error instanceof APIError && error.status === 500);
  assert.equal(upstream.seen.length, 0);
  assert.ok(running.recorder.ends().every(({ attempts }) => attempts.every(({ fault }) => fault !== undefined)));
});

test("`truncated` cuts a stream in the middle, which both SDKs raise, and the row is partial", async () => {
  await assert.rejects(readStream("truncated"), APIError);
  assert.equal(end().status, "partial");
  assert.equal(end().attempts[0]!.fault, "truncated");
  const parts = [];
  const result = streamText({ model: aiSdk("truncated"), messages: MESSAGES, maxRetries: 0, onError() {} });
  for await (const part of result.fullStream) parts.push(part.type);
  assert.ok(parts.includes("text-delta") && parts.includes("error"), parts.join());
});

test("`truncated` cuts an answer in one piece, which is an error", async () => {
  await assert.rejects(ask("truncated"), (error) => error instanceof APIError && error.status === 502);
  assert.equal(end().error!.code, "upstream_truncated");
});

test("`malformed` breaks an event, or the document", async () => {
  await assert.rejects(readStream("malformed"));
  await assert.rejects(
    generateText({ model: aiSdk("malformed"), messages: MESSAGES, maxRetries: 0 }),
    /not a completion/,
  );
  assert.equal(running.recorder.ends()[1]!.error!.code, "upstream_invalid");
});

test("`slow` keeps the client waiting, and the answer is whole", async () => {
  const started = performance.now();
  assert.equal(await readStream("slow"), "Your card is on its way — 🐢.");
  assert.ok(performance.now() - started > 2000);
  assert.equal(end().status, "ok");
});

test("a client that gives up on `slow` leaves one aborted row", async () => {
  const abort = new AbortController();
  const asked = openai("slow").chat.completions.create(
    { model: "up/ok", messages: MESSAGES, stream: true },
    { signal: abort.signal },
  );
  setTimeout(() => abort.abort(), 200);
  await assert.rejects(asked);
  while (running.recorder.ends().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(
    running.recorder.ends().map(({ status }) => status),
    ["client_aborted"],
  );
});

test("an unknown fault is refused with the list, and outside of `dev` every one is", async () => {
  const headers = { "flywheel-fault": "explode" };
  const unknown = await send({ port: running.port, body: chatBody("up/ok"), headers });
  assert.equal(unknown.status, 400);
  assert.match(unknown.text, /slow, truncated, 429, 500, malformed/);
  const production = await start(false);
  const refused = await send({ port: production.port, body: chatBody("up/ok"), headers: { "flywheel-fault": "429" } });
  assert.equal(refused.status, 400);
  assert.match(refused.text, /flywheel dev/);
  await production.stop();
});
