import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  DONE_EVENT,
  TEXT,
  USAGE,
  completion,
  contentEvents,
  usageEvent,
} from "../../../../../tests/upstream/answers.ts";
import { openaiChat } from "./index.ts";

const SSE = "text/event-stream";

function decode(text: string | Uint8Array, contentType = "application/json") {
  return openaiChat.decodeResponse(typeof text === "string" ? Buffer.from(text) : text, contentType);
}

function sse(...chunks: object[]): string {
  return chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("");
}

function delta(fields: object, finish_reason: string | null = null): object {
  return { id: "c1", model: "m", choices: [{ index: 0, delta: fields, finish_reason }] };
}

const STREAM = [...contentEvents("m"), usageEvent("m"), DONE_EVENT].join("");

describe("an answer", () => {
  const expected = {
    output_text: TEXT.join(""),
    message: { role: "assistant", text: TEXT.join("") },
    finish_reason: "stop",
    response_model: "m",
    response_id: "chatcmpl-scripted",
    usage: { input_tokens: 12, output_tokens: 8, cache_read_input_tokens: 4, reasoning_output_tokens: 0 },
    usage_raw: JSON.stringify(USAGE),
  };
  test("in one piece is read", () => assert.deepEqual(decode(completion("m")), expected));
  test("streamed is read the same", () => assert.deepEqual(decode(STREAM, SSE), expected));
  test("streamed with other line ends, comments and a byte order mark is read the same", () => {
    assert.deepEqual(decode(`\ufeff: hi\r\n\r\n${STREAM.replaceAll("\n", "\r\n")}`, SSE), expected);
    assert.deepEqual(decode(STREAM.replaceAll("\n", "\r"), SSE), expected);
    assert.deepEqual(decode(STREAM.replaceAll("data: ", "data:"), "TEXT/Event-Stream; charset=utf-8"), expected);
  });
  test("is recognised as a stream without its content type", () =>
    assert.equal(decode(STREAM, "").output_text, TEXT.join("")));
  test("in events of several data lines is read", () => {
    assert.equal(decode('data: {"choices":[{"delta":\ndata: {"content":"hi"}}]}\n\n', SSE).output_text, "hi");
  });
});

describe("a stream cut short", () => {
  test("gives what there was, without a finish reason", () => {
    const answer = decode(`${contentEvents("m").slice(0, 3).join("")}data: {"id":"chat`, SSE);
    assert.equal(answer.output_text, TEXT[0]! + TEXT[1]!);
    assert.equal(answer.finish_reason, "");
    assert.equal(answer.usage, null);
  });

  test("inside a character never throws, wherever it is cut", () => {
    const bytes = Buffer.from(STREAM);
    for (let end = 0; end <= bytes.length; end += 7)
      assert.equal(typeof decode(bytes.subarray(0, end), SSE).output_text, "string");
    assert.equal(decode(Buffer.from(STREAM).subarray(0, STREAM.indexOf("🐢") + 2), SSE).response_model, "m");
  });
});

test("tool calls are put together from their pieces, several at once", () => {
  const call = (index: number, fields: object): object => delta({ tool_calls: [{ index, ...fields }] });
  const answer = decode(
    sse(
      call(0, { id: "a", type: "function", function: { name: "look", arguments: "" } }),
      call(0, { function: { arguments: '{"q":' } }),
      call(1, { id: "b", type: "function", function: { name: "send", arguments: "{}" } }),
      call(0, { function: { arguments: '"card"}' } }),
      delta({}, "tool_calls"),
    ),
    SSE,
  );
  const calls = [
    { id: "a", name: "look", arguments: '{"q":"card"}' },
    { id: "b", name: "send", arguments: "{}" },
  ];
  assert.deepEqual(answer.message?.tool_calls, calls);
  assert.equal(answer.finish_reason, "tool_calls");
  assert.equal(
    answer.output_text,
    calls.map(({ name, arguments: args }) => JSON.stringify({ tool_call: name, arguments: args })).join("\n"),
  );
});

describe("reasoning", () => {
  for (const field of ["reasoning_content", "reasoning"]) {
    test(`in \`${field}\` is kept apart from the text`, () => {
      const answer = decode(
        sse(delta({ [field]: "hm, " }), delta({ [field]: "so" }), delta({ content: "42" }, "stop")),
        SSE,
      );
      assert.deepEqual(answer.message, { role: "assistant", text: "42", reasoning: "hm, so" });
      assert.equal(answer.output_text, '42\n{"reasoning":"hm, so"}');
    });
  }
  test("as parts of the content is kept apart, too", () => {
    const content = [
      { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
      { type: "text", text: "42" },
    ];
    assert.deepEqual(decode(JSON.stringify({ choices: [{ message: { role: "assistant", content } }] })).message, {
      role: "assistant",
      text: "42",
      reasoning: "hm",
    });
  });
});

describe("usage", () => {
  const cases: [what: string, usage: object, expected: object][] = [
    [
      "of DeepSeek names cache hits its own way",
      { prompt_tokens: 9, completion_tokens: 1, prompt_cache_hit_tokens: 4 },
      { input_tokens: 9, output_tokens: 1, cache_read_input_tokens: 4 },
    ],
    [
      "that leaves reasoning out of the completion gets it added",
      {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 35,
        completion_tokens_details: { reasoning_tokens: 20 },
      },
      { input_tokens: 10, output_tokens: 25, reasoning_output_tokens: 20 },
    ],
    [
      "that includes reasoning stays as it is",
      {
        prompt_tokens: 10,
        completion_tokens: 25,
        total_tokens: 35,
        completion_tokens_details: { reasoning_tokens: 20 },
      },
      { input_tokens: 10, output_tokens: 25, reasoning_output_tokens: 20 },
    ],
  ];
  for (const [what, usage, expected] of cases)
    test(what, () => assert.deepEqual(decode(JSON.stringify({ choices: [], usage })).usage, expected));

  test("of nonsense is none", () =>
    assert.equal(decode('{"choices":[],"usage":{"prompt_tokens":"9","completion_tokens":-1}}').usage, null));
  test("under Groq's own name is found", () => {
    assert.deepEqual(
      decode(sse({ choices: [], x_groq: { usage: { prompt_tokens: 3, completion_tokens: 2 } } }), SSE).usage,
      { input_tokens: 3, output_tokens: 2 },
    );
  });
});

describe("a cost the provider reports", () => {
  for (const [usage, nano] of [
    [{ cost: 0.000123 }, 123_000],
    [{ cost: { total_cost: 0.005 } }, 5_000_000],
    [{ estimated_cost: 2e-6 }, 2000],
    [{ cost_in_usd_ticks: 37_756_000 }, 3_775_600],
  ] as const) {
    test(`${JSON.stringify(usage)} is ${nano} nano-dollars`, () =>
      assert.equal(decode(JSON.stringify({ choices: [], usage })).provider_cost_nano, nano));
  }
});

describe("an error", () => {
  test("in the body is read", () => {
    assert.deepEqual(decode('{"error":{"message":"no","type":"t","code":42}}').error, {
      message: "no",
      type: "t",
      param: null,
      code: "42",
    });
    assert.equal(decode('{"error":"loading"}').error?.message, "loading");
  });
  test("in the middle of a stream is read beside the text", () => {
    const answer = decode(
      sse(delta({ content: "hi" }), { error: { message: "boom", type: "t", param: null, code: "c" } }),
      SSE,
    );
    assert.deepEqual([answer.output_text, answer.error?.message], ["hi", "boom"]);
  });
});

test("a body that is no answer gives an empty one", () => {
  for (const text of [
    "",
    "null",
    "[]",
    "<html>",
    '{"choices":{}}',
    '{"choices":[null]}',
    '{"choices":[{"message":7}]}',
  ]) {
    assert.equal(decode(text).message, null);
    assert.equal(decode(text, SSE).output_text, "");
  }
});

describe("a request", () => {
  test("is taken apart into messages, text and parameters", () => {
    const messages = [
      { role: "system", content: "Be kind." },
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image_url", image_url: { url: "data:…" } },
        ],
      },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "a", type: "function", function: { name: "look", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "a", content: "a card" },
    ];
    const request = openaiChat.decodeRequest(Buffer.from(JSON.stringify({ model: "m", temperature: 0, messages })));
    assert.deepEqual(request.params, { model: "m", temperature: 0 });
    assert.deepEqual(
      request.messages.map((message) => [message.role, message.text]),
      [
        ["system", "Be kind."],
        ["user", "What is this?[image_url]"],
        ["assistant", ""],
        ["tool", "a card"],
      ],
    );
    assert.equal(request.input_text, "Be kind.\n\nWhat is this?[image_url]\n\nlook({})\n\na card");
  });

  test("that is no request gives an empty one", () => {
    for (const text of ["", "7", '{"messages":7}'])
      assert.deepEqual(openaiChat.decodeRequest(Buffer.from(text)).messages, []);
  });
});
