import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DIALECT_IDS } from "@flywheel/protocol";
import type { ModelAnswer, ModelRequest, StreamPart } from "@flywheel/protocol";
import { CASE_NAMES, EXPECTED } from "../../../../tests/upstream/fixtures/case.ts";
import type { CaseName } from "../../../../tests/upstream/fixtures/case.ts";
import { FIXTURES } from "../../../../tests/upstream/fixtures/index.ts";
import { collectAnswer, readStream } from "./answer.ts";
import type { AnswerEcho, ClientDialect } from "./dialect.ts";
import { CLIENT_DIALECTS, DIALECTS } from "./index.ts";
import type { Json } from "./json.ts";
import { emptyRequest, refuseUnsupported } from "./messages.ts";

const NO_QUIRKS = new Set<never>();
const ECHO: AnswerEcho = { id: "gen_1", model: "m", created: 1, usage: true, request: emptyRequest("m", false) };

/** What a case says, without proofs of origin, which every dialect keeps in its own place or nowhere. */
function essence(answer: ModelAnswer): unknown {
  const parts = answer.parts.map(({ ...part }) => {
    if ("signature" in part) delete part.signature;
    if ("logprobs" in part) delete part.logprobs;
    if (part.type !== "tool-call") return part;
    return { ...part, arguments: JSON.stringify(JSON.parse(part.arguments)) };
  });
  const usage = { ...answer.finish?.usage };
  if (!usage.cache_creation_input_tokens) delete usage.cache_creation_input_tokens;
  if (!usage.reasoning_output_tokens) delete usage.reasoning_output_tokens;
  return { parts, reason: answer.finish?.reason, usage };
}

function expected(name: CaseName): unknown {
  return { ...EXPECTED[name] };
}

for (const id of DIALECT_IDS) {
  const dialect = DIALECTS[id];
  const fixtures = FIXTURES[id];
  describe(`answers in ${id}`, () => {
    for (const name of CASE_NAMES) {
      const { whole, events } = fixtures.cases[name];
      test(`${name}: the whole one reads as what it says`, () => {
        assert.ok(dialect.isAnswer(whole as Json, "chat"));
        assert.deepEqual(essence(dialect.readAnswer(whole as Json)), expected(name));
      });

      test(`${name}: the streamed one reads as the same`, () => {
        const answer = collectAnswer(readStream(events.join(""), dialect.streamReader()));
        assert.deepEqual(essence(answer), expected(name));
        const twin = dialect.readAnswer(whole as Json);
        assert.deepEqual([answer.id, answer.model], [twin.id, twin.model]);
      });

      test(`${name}: logs show the same for both`, () => {
        const one = dialect.decodeResponse(Buffer.from(JSON.stringify(whole)), "application/json");
        const two = dialect.decodeResponse(Buffer.from(events.join("")), "text/event-stream");
        assert.ok(one.usage_raw !== "" && two.usage_raw !== "");
        assert.deepEqual({ ...two, usage_raw: "" }, { ...one, usage_raw: "" });
      });

      test(`${name}: a stream cut anywhere before its end has no finish`, () => {
        const whole = events.slice(0, fixtures.endOf(events)).join("");
        for (let length = 0; length <= whole.length; length++) {
          const parts = readStream(whole.slice(0, length), dialect.streamReader());
          assert.ok(!parts.some(({ type }) => type === "finish"), whole.slice(0, length));
        }
      });
    }

    test("an error in the middle is the last part, with the provider's words", () => {
      const [first] = fixtures.cases.text.events;
      const parts = readStream(
        first + fixtures.errorEvent + fixtures.cases.text.events.join(""),
        dialect.streamReader(),
      );
      const last = parts.at(-1);
      assert.ok(last?.type === "error" && last.error.message === "it fell over");
    });

    test("bytes that are no answer are read as nothing, not thrown at", () => {
      for (const text of [
        "",
        "{",
        "null",
        "[]",
        "data: {",
        "data: null\n\n",
        "data: [1]\n\n",
        '{"error":null}',
        "\ufeff",
      ])
        for (const type of ["application/json", "text/event-stream"])
          assert.equal(dialect.decodeResponse(Buffer.from(text), type).message, null);
    });
  });
}

for (const dialect of Object.values(CLIENT_DIALECTS)) {
  describe(`what we write in ${dialect.id}`, () => {
    for (const source of DIALECT_IDS)
      for (const name of CASE_NAMES) {
        const { whole, events } = FIXTURES[source].cases[name];
        test(`${name} from ${source}: the whole answer reads as what it says`, () => {
          const body = dialect.writeAnswer(DIALECTS[source].readAnswer(whole as Json), ECHO);
          assert.ok(dialect.isAnswer(body, "chat"));
          assert.deepEqual(
            withoutThoughtCount(essence(dialect.readAnswer(body)), dialect),
            withoutThoughtCount(expected(name), dialect),
          );
        });

        test(`${name} from ${source}: the stream reads as the same, and ends with its last part`, () => {
          const parts = readStream(events.join(""), DIALECTS[source].streamReader());
          const answer = collectAnswer(rewritten(parts, dialect));
          assert.deepEqual(withoutThoughtCount(essence(answer), dialect), withoutThoughtCount(expected(name), dialect));
          assert.ok(!rewritten(parts.slice(0, -1), dialect).some(({ type }) => type === "finish"));
        });
      }

    test("an error can be read back", () => {
      const error = { message: "it broke", type: "api_error", param: null, code: "upstream_truncated" };
      const [part] = readStream(dialect.streamWriter(ECHO).write({ type: "error", error }), dialect.streamReader());
      assert.ok(part?.type === "error" && part.error.message === "it broke");
      assert.match(JSON.stringify(dialect.writeError(error, 502, "req_1")), /"error":\{.*"message":"it broke"/);
    });
  });
}

/** Anthropic counts thoughts only within the output. */
function withoutThoughtCount(value: unknown, dialect: ClientDialect): unknown {
  if (dialect.id !== "anthropic-messages") return value;
  const { usage, ...rest } = value as { usage: Record<string, number> };
  const { reasoning_output_tokens: _, ...counted } = usage;
  return { ...rest, usage: counted };
}

function rewritten(parts: readonly StreamPart[], dialect: ClientDialect): StreamPart[] {
  const writer = dialect.streamWriter(ECHO);
  return readStream(parts.map((part) => writer.write(part)).join(""), dialect.streamReader());
}

const IMAGE = "iVBORw0KGgo=";

const REQUEST: ModelRequest = {
  ...emptyRequest("m", true),
  messages: [
    { role: "system", parts: [{ type: "text", text: "Be brief." }] },
    {
      role: "user",
      parts: [
        { type: "text", text: "Where is my card?" },
        { type: "image", data: IMAGE, media_type: "image/png" },
      ],
    },
    { role: "assistant", parts: [{ type: "tool-call", id: "call_a", name: "lookup_card", arguments: '{"id":"c_1"}' }] },
    {
      role: "tool",
      parts: [{ type: "tool-result", call_id: "call_a", parts: [{ type: "text", text: "in the post" }] }],
    },
  ],
  tools: [{ name: "lookup_card", description: "Finds a card.", parameters: { type: "object", properties: {} } }],
  tool_choice: { name: "lookup_card" },
  output: { type: "json_schema", name: "answer", schema: { type: "object" }, strict: true },
  max_output_tokens: 200,
  temperature: 0.5,
  top_p: 0.9,
};

describe("a request", () => {
  for (const dialect of Object.values(CLIENT_DIALECTS))
    test(`survives being written and read in ${dialect.id}`, () => {
      const { body, ignored } = dialect.writeRequest(REQUEST, NO_QUIRKS);
      const read = dialect.readRequest(JSON.parse(JSON.stringify(body)) as Json);
      assert.deepEqual(JSON.parse(JSON.stringify(read)), withDefaults(dialect));
      assert.deepEqual(ignored, []);
    });

  test("reaches Gemini in its own words", () => {
    const { body } = DIALECTS.gemini.writeRequest(REQUEST, NO_QUIRKS);
    assert.deepEqual(JSON.parse(JSON.stringify(body)), {
      systemInstruction: { parts: [{ text: "Be brief." }] },
      contents: [
        {
          role: "user",
          parts: [{ text: "Where is my card?" }, { inlineData: { mimeType: "image/png", data: IMAGE } }],
        },
        { role: "model", parts: [{ functionCall: { name: "lookup_card", args: { id: "c_1" } } }] },
        { role: "user", parts: [{ functionResponse: { name: "lookup_card", response: { result: "in the post" } } }] },
      ],
      tools: [
        {
          functionDeclarations: [
            {
              name: "lookup_card",
              description: "Finds a card.",
              parametersJsonSchema: { type: "object", properties: {} },
            },
          ],
        },
      ],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["lookup_card"] } },
      generationConfig: {
        maxOutputTokens: 200,
        temperature: 0.5,
        topP: 0.9,
        responseMimeType: "application/json",
        responseJsonSchema: { type: "object" },
      },
    });
  });

  test("names what a target has no words for, and refuses what it must not leave out", () => {
    const chat = CLIENT_DIALECTS["openai-chat"];
    const read = (extra: object): ModelRequest => chat.readRequest({ model: "m", messages: [], ...extra });
    const odd = read({ seed: 1, logit_bias: { 5: 1 }, service_tier: "flex", n: 1, user: "u" });
    assert.deepEqual(DIALECTS["anthropic-messages"].writeRequest(odd, NO_QUIRKS).ignored, [
      "logit_bias",
      "service_tier",
      "seed",
    ]);
    assert.throws(() => refuseUnsupported(read({ n: 2 })), { code: "unsupported_parameter", param: "n" });
    assert.throws(() => refuseUnsupported(read({ tools: [{ type: "custom" }] })), { param: "tools[0]" });
    const responses = CLIENT_DIALECTS["openai-responses"].readRequest({
      model: "m",
      input: "x",
      previous_response_id: "r",
    });
    assert.throws(() => refuseUnsupported(responses), { param: "previous_response_id" });
    const json = read({ response_format: { type: "json_object" } });
    assert.throws(() => DIALECTS["anthropic-messages"].writeRequest(json, NO_QUIRKS), { status: 400 });
  });

  test("keeps cache markers where the target takes them, and says so where it does not", () => {
    const part = { type: "text" as const, text: "long", cache: { ttl: "1h" } };
    const marked = { ...emptyRequest("m", false), messages: [{ role: "user" as const, parts: [part] }] };
    const { body } = DIALECTS["anthropic-messages"].writeRequest(marked, NO_QUIRKS);
    assert.match(JSON.stringify(body), /"cache_control":\{"type":"ephemeral","ttl":"1h"\}/);
    assert.deepEqual(DIALECTS["openai-chat"].writeRequest(marked, NO_QUIRKS).ignored, ["cache_control"]);
    assert.deepEqual(DIALECTS["openai-chat"].writeRequest(marked, new Set(["cache_control"] as const)).ignored, []);
  });

  test("keeps a thought only with the proof that it is the provider's own", () => {
    const thought = (signature?: string): ModelRequest => ({
      ...emptyRequest("m", false),
      messages: [{ role: "assistant", parts: [{ type: "reasoning", text: "hm", signature }] }],
    });
    const write = DIALECTS["anthropic-messages"].writeRequest;
    assert.match(JSON.stringify(write(thought("sig"), NO_QUIRKS).body), /"thinking":"hm","signature":"sig"/);
    assert.deepEqual(write(thought(), NO_QUIRKS).ignored, ["messages.reasoning"]);
  });

  test("of any shape is read without an exception", () => {
    for (const dialect of Object.values(CLIENT_DIALECTS))
      for (const value of [null, 1, "x", [], {}, [null, 1, "x", [], {}], [{ type: "image", source: 1, role: {} }]])
        for (const name of ["messages", "input", "tools", "system", "text", "response_format", "stop", "thinking"]) {
          dialect.readRequest({ [name]: value });
          dialect.decodeRequest(Buffer.from(JSON.stringify({ [name]: value })));
        }
  });
});

/** What is not said is filled in by what each dialect takes for granted. */
function withDefaults({ id }: ClientDialect): unknown {
  const tools = [{ ...REQUEST.tools[0], ...(id === "openai-responses" && { strict: false }) }];
  const image = {
    type: "image",
    data: IMAGE,
    media_type: "image/png",
    ...(id === "openai-responses" && { detail: "auto" }),
  };
  const messages = structuredClone(REQUEST.messages) as { parts: object[] }[];
  messages[1]!.parts[1] = image;
  return JSON.parse(JSON.stringify({ ...REQUEST, tools, messages }));
}
