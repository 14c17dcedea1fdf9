import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import OpenAI from "openai";
import { DEFAULT_CONFIG, DIALECT_IDS, FlywheelError } from "@flywheel/protocol";
import type { BeginHead, DialectId, Endpoint, EndpointBuild } from "@flywheel/protocol";
import { createProviderSet, DIALECTS, readEvents } from "@flywheel/providers";
import { applyStep, type PartialStep } from "@flywheel/schema/partial";
import { type ScriptedUpstream, startUpstream } from "../../../../tests/upstream/server.ts";
import { addKey, type RunningGateway, SECRET, send, startGateway } from "../../test/running-gateway.ts";
import type { ProjectEndpoints } from "./catalogue.ts";
import { outputTarget } from "./output-target.ts";

const TRIAGE: Endpoint = {
  name: "support/triage",
  file: "endpoints/support/triage.ts",
  description: "",
  model: "desk",
  input: { type: "object", properties: { message: { type: "string" } }, required: ["message"], additionalProperties: false }, // prettier-ignore
  output: {
    type: "object",
    properties: { queue: { enum: ["cards", "billing"] }, urgency: { enum: [1, 2, 3] }, summary: { type: "string" } },
    required: ["queue", "urgency", "summary"],
    additionalProperties: false,
  },
  examples: [{ input: { message: "Charged twice" }, output: { queue: "billing", urgency: 2, summary: "twice" } }],
  temperature: 0,
};
const POEM: Endpoint = { ...TRIAGE, name: "poem", input: { type: "string" }, output: null, examples: [] };
const TYPED = { queue: "cards", urgency: 3, summary: "Card “lost” 🐢" };

let upstream: ScriptedUpstream;
let running: RunningGateway;
let build: EndpointBuild;

const source: ProjectEndpoints = {
  build: () => build,
  renderPrompt: async (_build, name, input) => {
    if (name === "poem") return [{ role: "user", content: `A poem on ${String(input)}` }];
    const { message } = input as { message: string };
    if (message === "boom")
      throw new FlywheelError("prompt_failed", {
        endpoint: name,
        reason: "endpoints/support/triage.ts:7:3: no such customer",
      });
    return [
      { role: "system", content: "You work at a desk." },
      { role: "user", content: message },
    ];
  },
};

before(async () => {
  upstream = await startUpstream();
  const provider = { base_url: `${upstream.origin}/fixtures`, api_key_env: "K", headers: {}, models: [] };
  const providers = Object.fromEntries(DIALECT_IDS.map((dialect) => [dialect, { ...provider, dialect }]));
  running = await startGateway(
    {
      providers,
      routes: { desk: { targets: [{ provider: "openai-chat", model: "m" }] } },
    },
    { endpoints: source },
    { K: "key" },
  );
});
after(async () => {
  await running.stop();
  await upstream.close();
});
beforeEach(() => {
  build = { id: "1", endpoints: [TRIAGE, POEM] };
  upstream.seen.length = 0;
  upstream.says = [];
  running.recorder.reset();
});

const call = (name: string, input: unknown, headers: Record<string, string> = {}) =>
  send({ port: running.port, path: `/endpoints/${name}`, body: JSON.stringify(input), headers });
const triage = (headers: Record<string, string> = {}) => call("support/triage", { message: "I lost my card" }, headers);
const on = (dialect: DialectId) => {
  build = { id: dialect, endpoints: [{ ...TRIAGE, model: `${dialect}/m` }] };
};
const code = (text: string) => (JSON.parse(text) as { error: { code: string; message: string; param: string } }).error;

describe("POST /endpoints/<name>", () => {
  for (const dialect of DIALECT_IDS)
    test(`answers with the output and nothing else, whole and streamed: ${dialect}`, async () => {
      on(dialect);
      upstream.says = [JSON.stringify(TYPED), JSON.stringify(TYPED)];
      const whole = await triage();
      equal(whole.status, 200, whole.text);
      deepEqual(JSON.parse(whole.text), TYPED);
      match(whole.headers["flywheel-generation-id"] as string, /^gen_/);
      match(upstream.seen[0]!.body, /"queue"/, "the schema is asked for");
      const events = readEvents((await triage({ accept: "text/event-stream" })).text);
      const steps = events
        .filter(({ event }) => event !== "done")
        .map(({ event, data }) => {
          const step = JSON.parse(data) as Record<string, unknown>;
          return {
            ...step,
            type: event === "final" ? event : "append" in step ? "append" : "value",
            text: step["append"],
          };
        });
      deepEqual(
        steps.reduce<unknown>((value, step) => applyStep(value, step as PartialStep), undefined),
        TYPED,
      );
      const finals = events.filter(({ event }) => event === "final").map(({ data }) => JSON.parse(data) as object);
      deepEqual(finals, [{ path: "/queue" }, { path: "/urgency" }, { path: "/summary" }, { path: "" }]);
      deepEqual(JSON.parse(events.at(-1)!.data), { output: TYPED });
    });

  test("gives the model the system's words, the examples, and then the prompt; and puts that on record", async () => {
    upstream.says = [JSON.stringify(TYPED)];
    await triage();
    const { messages } = JSON.parse(upstream.seen[0]!.body) as { messages: { role: string; content: string }[] };
    deepEqual(
      messages.map(({ role, content }) => [role, content]),
      [
        ["system", "You work at a desk."],
        ["user", "Charged twice"],
        ["assistant", '{"queue":"billing","urgency":2,"summary":"twice"}'],
        ["user", "I lost my card"],
      ],
    );
    const [begin] = running.recorder.log;
    const head = begin!.head as BeginHead;
    deepEqual([head.request_model, head.route, head.dialect], ["endpoint/support/triage", "desk", "openai-chat"]);
    deepEqual(JSON.parse(begin!.raw), {
      ...(JSON.parse(upstream.seen[0]!.body) as object),
      model: "endpoint/support/triage",
      metadata: { input: '{"message":"I lost my card"}' },
      response_format: (JSON.parse(begin!.raw) as { response_format: unknown }).response_format,
    });
    equal(running.recorder.ends()[0]!.attempts[0]!.output_tier, "native");
  });

  test("asks each provider in the form that it takes, and answers in the endpoint's own", async () => {
    const output = { type: "object", properties: { tag: { type: "string" }, counts: { type: "object", additionalProperties: { type: "integer" } } }, required: ["counts"], additionalProperties: false }; // prettier-ignore
    build = { id: "lowered", endpoints: [{ ...TRIAGE, output, model: "openai-chat/m" }] };
    upstream.says = ['{"tag":null,"counts":[{"name":"cards","value":2}]}'];
    const answer = await triage({ accept: "text/event-stream" });
    deepEqual(JSON.parse(readEvents(answer.text).at(-1)!.data), { output: { counts: { cards: 2 } } });
    const { json_schema: asked } = (JSON.parse(upstream.seen[0]!.body) as { response_format: { json_schema: { strict: boolean; schema: { required: string[] } } } }).response_format; // prettier-ignore
    deepEqual([asked.strict, asked.schema.required], [true, ["tag", "counts"]]);
  });

  test("does not wait for the end of an answer only to leave out what is null", async () => {
    const output = { type: "object", properties: { tag: { type: "string" }, count: { type: "integer" } }, required: ["count"], additionalProperties: false }; // prettier-ignore
    build = { id: "optional", endpoints: [{ ...TRIAGE, output, model: "openai-chat/m" }] };
    upstream.says = ['{"count": 2, "tag": null}', '{"tag":"x","count":'];
    const events = readEvents((await triage({ accept: "text/event-stream" })).text);
    deepEqual(
      events.map(({ event, data }) => `${event} ${data}`),
      [
        'partial {"path":"","value":{}}',
        'partial {"path":"/count","value":2}',
        'final {"path":"/count"}',
        'final {"path":""}',
        'done {"output":{"count":2}}',
      ],
    );
    const cut = readEvents((await triage({ accept: "text/event-stream" })).text);
    ok(cut.some(({ data }) => data === '{"path":"/tag"}'), "what was there came before the error"); // prettier-ignore
    equal(cut.at(-1)!.event, "error");
  });

  test("asks once more with the list of what was wrong, and both are attempts of one generation", async () => {
    upstream.says = [
      '{"queue":"other","urgency":3}',
      `Sorry! Here it is:\n\`\`\`json\n${JSON.stringify(TYPED)}\n\`\`\``,
    ];
    const answer = await triage();
    deepEqual(JSON.parse(answer.text), TYPED);
    match(upstream.seen[1]!.body, /`\/queue` must be one of/);
    match(upstream.seen[1]!.body, /must have the property `summary`/);
    const { attempts } = running.recorder.ends()[0]!;
    deepEqual(attempts[1]!.mended, ["took the value out of a code block"]);
    deepEqual(
      attempts.map(({ reason, error }) => [reason, error]),
      [
        ["first", "output_invalid"],
        ["repair", undefined],
      ],
    );
  });

  test("is a typed error where the second answer is wrong, too, or the limit cut it off", async () => {
    upstream.says = ["no", "never"];
    const never = await triage();
    deepEqual([never.status, code(never.text).code], [502, "output_invalid"]);
    equal(upstream.seen.length, 2);
    upstream.says = ['{"queue":"cards"}'];
    const streamed = await triage({ accept: "text/event-stream" });
    const last = readEvents(streamed.text).at(-1)!;
    deepEqual([last.event, code(last.data).code], ["error", "output_invalid"]);
    equal(running.recorder.ends().at(-1)!.status, "partial");
  });

  test("tells a model without a schema mode the schema, and repairs before anything is streamed", async () => {
    build = { id: "2", endpoints: [{ ...TRIAGE, model: "deepseek/m" }] };
    const config = {
      providers: { deepseek: { base_url: `${upstream.origin}/fixtures`, api_key_env: "K", headers: {}, models: [] } },
    };
    const other = await startGateway(config, { endpoints: source }, { K: "key" });
    upstream.says = ["I think cards", JSON.stringify(TYPED)];
    const answer = await send({
      port: other.port,
      path: "/v1/endpoints/support/triage",
      body: '{"message":"x"}',
      headers: { accept: "text/event-stream" },
    });
    await other.stop();
    deepEqual(JSON.parse(readEvents(answer.text).at(-1)!.data), { output: TYPED });
    match(upstream.seen[0]!.body, /Answer only with JSON that matches this schema/);
    ok(!upstream.seen[0]!.body.includes("response_format"));
    deepEqual(
      other.recorder.ends()[0]!.attempts.map(({ output_tier }) => output_tier),
      ["prompt", "prompt"],
    );
  });

  test("tells a model on this machine what its grammar is for", () => {
    const provider = createProviderSet(DEFAULT_CONFIG, {}).get("local")!;
    const output = { $schema: "https://json-schema.org/draft/2020-12/schema", ...(TRIAGE.output as object) };
    const { tier, schema, said } = outputTarget({ ...TRIAGE, output }, provider, DIALECTS["openai-chat"]);
    deepEqual([tier, schema], ["grammar", TRIAGE.output]);
    deepEqual(said, ["Answer only with JSON that matches this schema:", JSON.stringify(TRIAGE.output)]);
  });

  test("answers text as a JSON string, and streams it as it comes", async () => {
    upstream.says = ["Rain.\nMore rain.", "Rain.\nMore rain."];
    equal(JSON.parse((await call("poem", "rain")).text), "Rain.\nMore rain.");
    const events = readEvents((await call("poem", "rain", { accept: "text/event-stream" })).text);
    deepEqual(JSON.parse(events.at(-1)!.data), { output: "Rain.\nMore rain." });
  });

  test("says the examples again where the project's code failed to, once", async () => {
    let fails = true;
    const renderPrompt: ProjectEndpoints["renderPrompt"] = async (id, name, input) => {
      if (!fails || (input as { message: string }).message !== "Charged twice")
        return source.renderPrompt(id, name, input);
      fails = false;
      throw new FlywheelError("prompt_failed", { endpoint: name, reason: "not now" });
    };
    const provider = { base_url: `${upstream.origin}/fixtures`, api_key_env: "K", headers: {}, models: [] };
    const providers = { scripted: { ...provider, dialect: "openai-chat" as const } };
    const once = { id: "1", endpoints: [{ ...TRIAGE, model: "scripted/m" }] };
    const other = await startGateway({ providers }, { endpoints: { build: () => once, renderPrompt } }, { K: "key" });
    upstream.says = [JSON.stringify(TYPED)];
    const ask = () =>
      send({ port: other.port, path: "/endpoints/support/triage?stream=true", body: '{"message":"x"}' });
    equal((await ask()).status, 500);
    match((await ask()).text, /^event: done$/m);
    await other.stop();
  });

  test("waits for the first build of a server that has just been started", async () => {
    let built: EndpointBuild | null = null;
    const endpoints = { ...source, build: () => built };
    const other = await startGateway({}, { endpoints });
    const waiting = send({ port: other.port, path: "/endpoints/poem", body: "7" });
    const listed = await send({ port: other.port, path: "/v1/models", method: "GET" });
    ok(!listed.text.includes("endpoint/"));
    built = build;
    equal((await waiting).status, 400, "it is asked, and says that a number is no text");
    await other.stop();
  });

  test("runs none of the project's code for a key that may not call it, nor for a provider's", async () => {
    addKey("fw_dev_poet", { models: ["endpoint/poem"] });
    const nobody = { build: () => build, renderPrompt: () => Promise.reject(new Error("the code ran")) };
    const other = await startGateway({}, { endpoints: nobody, dev: true });
    const ask = async (key: string, path: string, body: object) => {
      const headers = { authorization: `Bearer ${key}` };
      return code((await send({ port: other.port, path, headers, body: JSON.stringify(body) })).text).code;
    };
    const chat = { model: "endpoint/support/triage", messages: [{ role: "user", content: "x" }] };
    const codes = [
      await ask("fw_dev_poet", "/endpoints/support/triage", { message: "x" }),
      await ask("fw_dev_poet", "/v1/chat/completions", chat),
      await ask("sk-of-a-provider", "/endpoints/support/triage", { message: "x" }),
      await ask("sk-of-a-provider", "/v1/chat/completions", chat),
    ];
    await other.stop();
    deepEqual(codes, ["model_not_allowed", "model_not_allowed", "foreign_key", "foreign_key"]);
  });

  test("bounds the depth and size of an input before anything walks through it", async () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    const post = (body: string | Buffer) => send({ port: running.port, path: "/endpoints/support/triage", body });
    const chat = (content: string) => send({ port: running.port, body: JSON.stringify({ model: "endpoint/support/triage", messages: [{ role: "user", content }] }) }); // prettier-ignore
    for (const answer of [await post(`{"message":${deep}}`), await chat(deep)])
      deepEqual([answer.status, code(answer.text).code], [400, "too_deep"]);
    const many = await post(`[${"[],".repeat(60_000)}[]]`);
    equal(code(many.text).code, "too_many_keys");
    for (const broken of ['{"message":"[[[[', '{"a":1}}', "", Buffer.from([0x22, 0xff, 0x22])])
      equal(code((await post(broken)).text).code, "invalid_json", String(broken));
    deepEqual(running.recorder.log, []);
  });

  test("refuses what is no input, no endpoint, no JSON, and says where the user's code failed", async () => {
    const wrong = await call("support/triage", { message: 7, extra: 1 });
    deepEqual([wrong.status, code(wrong.text).param], [400, ""]);
    match(code(wrong.text).message, /`\/message` must be string/);
    const unknown = await call("triage", { message: "x" });
    deepEqual([unknown.status, code(unknown.text).code], [404, "model_not_found"]);
    match(code(unknown.text).message, /support\/triage/);
    const boom = await call("support/triage", { message: "boom" });
    deepEqual([boom.status, code(boom.text).code], [500, "prompt_failed"]);
    match(code(boom.text).message, /triage\.ts:7:3/);
    equal((await send({ port: running.port, path: "/endpoints/poem", body: "{" })).status, 400);
    equal((await send({ port: running.port, path: "/endpoints/poem", method: "GET" })).status, 405);
    equal((await call("poem", "x", { authorization: "Bearer nope" })).status, 401);
    deepEqual(running.recorder.log, [], "nobody was asked, so there is nothing to record");
  });
});

describe("an endpoint called like a model", () => {
  const openai = () => new OpenAI({ apiKey: SECRET, baseURL: `http://127.0.0.1:${running.port}/v1`, maxRetries: 0 });

  test("takes the last message as its input, as JSON or as its one text, whole and streamed", async () => {
    for (const content of ['{"message":"I lost my card"}', "I lost my card"]) {
      upstream.says = [JSON.stringify(TYPED), JSON.stringify(TYPED)];
      const request = { model: "endpoint/support/triage", messages: [{ role: "user" as const, content }] };
      const whole = await openai().chat.completions.create(request);
      deepEqual(JSON.parse(whole.choices[0]!.message.content!), TYPED);
      equal(whole.model, "gpt-fixture");
      let streamed = "";
      for await (const chunk of await openai().chat.completions.create({ ...request, stream: true }))
        streamed += chunk.choices[0]?.delta.content ?? "";
      deepEqual(JSON.parse(streamed), TYPED);
    }
  });

  test("speaks Anthropic's dialect, too, and is listed among the models", async () => {
    upstream.says = [JSON.stringify(TYPED)];
    const body = { model: "endpoint/support/triage", max_tokens: 99, messages: [{ role: "user", content: "lost" }] };
    const answer = await send({ port: running.port, path: "/v1/messages", body: JSON.stringify(body) });
    const { content } = JSON.parse(answer.text) as { content: { text: string }[] };
    deepEqual(JSON.parse(content[0]!.text), TYPED);
    const { data } = await openai().models.list();
    deepEqual(
      data.slice(0, 2).map(({ id }) => id),
      ["endpoint/support/triage", "endpoint/poem"],
    );
  });
});
