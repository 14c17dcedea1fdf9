import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DIALECT_IDS } from "@flywheel/protocol";
import { startOwnGateway } from "../../packages/gateway/src/conformance/own-gateway.ts";
import type { Gateway } from "../../packages/gateway/src/conformance/replay.ts";
import { CASE_NAMES } from "../upstream/fixtures/case.ts";
import { startUpstream } from "../upstream/server.ts";
import type { ScriptedUpstream } from "../upstream/server.ts";
import { listen } from "./listen.ts";
import type { Heard } from "./listen.ts";
import { openaiSchema } from "./openai-schema.ts";

const check = openaiSchema();
const skip = check === undefined && "the folder shared/data/api-specs is not beside the repository";

const TOOL = {
  name: "find_orders",
  description: "Orders of a customer",
  parameters: { type: "object", properties: { id: { type: "string" } }, required: ["id"], additionalProperties: false },
  strict: true,
};
const SCHEMA = {
  name: "answer",
  schema: { type: "object", properties: {}, additionalProperties: false },
  strict: true,
};

/** What can be asked for beside the question; a dialect that cannot answers with an error, which is checked as well. */
const ASKED: Readonly<Record<"openai-chat" | "openai-responses", object[]>> = {
  "openai-chat": [
    {},
    { tools: [{ type: "function", function: TOOL }], tool_choice: { type: "function", function: { name: TOOL.name } } },
    { tools: [{ type: "function", function: TOOL }], tool_choice: "required", parallel_tool_calls: false },
    { response_format: { type: "json_schema", json_schema: SCHEMA } },
    { response_format: { type: "json_object" }, reasoning_effort: "high", max_completion_tokens: 50 },
    { temperature: 0.5, top_p: 0.9, stop: ["x"], seed: 1, user: "u", logprobs: true, top_logprobs: 2 },
  ],
  "openai-responses": [
    {},
    { tools: [{ type: "function", ...TOOL }], tool_choice: { type: "function", name: TOOL.name } },
    { tools: [{ type: "function", ...TOOL }], tool_choice: "required", parallel_tool_calls: false },
    { text: { format: { type: "json_schema", ...SCHEMA } } },
    { text: { format: { type: "json_object" } }, reasoning: { effort: "high" }, max_output_tokens: 50 },
    { temperature: 0.5, top_p: 0.9, user: "u", top_logprobs: 2, include: ["message.output_text.logprobs"] },
    { instructions: "Be brief.", metadata: { a: "b" }, store: false, truncation: "auto" },
  ],
};

const PATHS = {
  "openai-chat": ["/chat/completions", { messages: [{ role: "user", content: "Hi" }] }],
  "openai-responses": ["/responses", { input: "Hi" }],
} as const;

describe("what we write in OpenAI's dialects", { skip }, () => {
  let upstream: ScriptedUpstream;
  let gateway: Gateway;
  let heard: Heard;
  let post: (path: string, body: unknown, headers?: object) => Promise<Response>;
  let get: (path: string) => Promise<unknown>;

  before(async () => {
    upstream = await startUpstream();
    gateway = await startOwnGateway({ baseUrl: () => `${upstream.origin}/fixtures` });
    const { baseUrl, key } = gateway.address("gemini", "");
    const listening = listen(check!);
    ({ heard } = listening);
    const authorization = `Bearer ${key}`;
    post = (path, body, headers = { authorization }) =>
      listening.fetch(baseUrl + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      });
    get = async (path) => (await fetch(baseUrl + path, { headers: { authorization } })).json();
  });

  after(async () => {
    await gateway.close();
    await upstream.close();
  });

  test("is valid by their published description, whatever was asked of whom", async () => {
    let answered = 0;
    for (const client of ["openai-chat", "openai-responses"] as const)
      for (const target of DIALECT_IDS.filter((dialect) => dialect !== client))
        for (const [index, asked] of ASKED[client].entries())
          // Every case once, and every way to ask once.
          for (const name of index === 0 ? CASE_NAMES : [CASE_NAMES[index % CASE_NAMES.length]])
            for (const stream of [false, true]) {
              const [path, question] = PATHS[client];
              const body = { model: `${target}/${name}`, ...question, ...asked, stream };
              const answer = await post(path, body);
              await answer.arrayBuffer();
              if (answer.ok) answered++;
            }
    assert.deepEqual(heard.ours.invalid, []);
    assert.ok(answered > 60, String(answered));
  });

  test("is valid where it is an error, before and in the middle of an answer", async () => {
    const before = heard.ours.valid;
    for (const client of ["openai-chat", "openai-responses"] as const) {
      const [path, question] = PATHS[client];
      for (const target of DIALECT_IDS)
        for (const fault of ["truncated", "error-event", "429", "html"])
          for (const stream of [false, true])
            await (await post(path, { model: `${target}/${fault}`, ...question, stream })).arrayBuffer();
      for (const broken of [{}, { model: "nowhere/none", ...question }, { model: "x" }, []])
        assert.ok((await post(path, broken)).status >= 400);
      assert.equal((await post(path, question, {})).status, 401);
    }
    assert.deepEqual(heard.ours.invalid, []);
    // Among bytes that pass through, the frame that ends a broken stream is ours.
    assert.deepEqual(
      heard.passed.invalid.filter((problem) => /^error|"type":"error"/.test(problem)),
      [],
    );
    assert.ok(heard.ours.valid > before + 30, String(heard.ours.valid));
    const lost = await fetch(gateway.address("gemini", "").baseUrl + "/nothing");
    assert.equal(check!("error", await lost.json()), undefined);
  });

  test("is valid for lists of models", async () => {
    assert.equal(check!("models", await get("/models")), undefined);
    assert.equal(check!("error", await get("/models/nope")), undefined);
    const { data } = (await get("/models")) as { data: { id: string }[] };
    assert.equal(check!("model", await get(`/models/${data[0]!.id}`)), undefined);
  });

  test("goes on counting where a provider's stream broke off", async () => {
    const answer = await post("/responses", { model: "openai-responses/truncated", input: "Hi", stream: true });
    const numbers = Array.from((await answer.text()).matchAll(/"sequence_number":(\d+)/g), ([, n]) => Number(n));
    assert.ok(numbers.length > 2);
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(numbers).size, numbers.length);
  });

  test("would be found out if it were not valid", () => {
    assert.match(check!("error", { error: { message: "x", type: "y" } })!, /param/);
    assert.match(check!("chat answer", { object: "chat.completion" })!, /required/);
    assert.match(check!("response event", { type: "response.output_text.delta" })!, /required/);
    assert.equal(check!("response event", { type: "response.invented" }), "an event of no known type");
  });
});
