import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FlywheelError } from "@flywheel/protocol";
import { readChatRequest } from "./request.ts";

const messages = [{ role: "user", content: "hi" }];
const body = (fields: object) => ({ model: "tiny", messages, ...fields });
const image = { type: "image_url", image_url: { url: "data:," } };

function refusal(fields: object): FlywheelError {
  try {
    readChatRequest(body(fields));
  } catch (error) {
    if (error instanceof FlywheelError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: `accepted: ${JSON.stringify(fields)}` });
}

describe("what a local model cannot do is refused, naming the parameter", () => {
  const cases: [fields: object, param: string][] = [
    [{ n: 2 }, "n"],
    [{ functions: [{ name: "f" }] }, "functions"],
    [{ logit_bias: { 50256: -100 } }, "logit_bias"],
    [{ modalities: ["text", "audio"] }, "modalities"],
    [{ reasoning_effort: "high" }, "reasoning_effort"],
    [{ web_search_options: { search_context_size: "low" } }, "web_search_options"],
    [{ top_k: 40 }, "top_k"],
    [{ ["__proto__x"]: 1 }, "__proto__x"],
    [{ constructor: 1 }, "constructor"],
    [{ stream: true, stream_options: { pretty: true } }, "stream_options.pretty"],
    [{ messages: [{ role: "user", content: [{ type: "text", text: "see" }, image] }] }, "messages[0].content[1]"],
    [{ messages: [{ role: "user", content: "hi", name: "ann" }] }, "messages[0].name"],
  ];
  for (const [fields, param] of cases) {
    test(JSON.stringify(fields), () => {
      const error = refusal(fields);
      assert.deepEqual([error.status, error.code, error.param], [400, "unsupported_parameter", param]);
    });
  }
});

describe("what makes no sense is refused, naming the field", () => {
  const cases: [fields: object, param: string][] = [
    [{ model: undefined }, "model"],
    [{ model: 7 }, "model"],
    [{ messages: undefined }, "messages"],
    [{ messages: [] }, "messages"],
    [{ messages: "hi" }, "messages"],
    [{ messages: ["hi"] }, "messages[0]"],
    [{ messages: [{ content: "hi" }] }, "messages[0].role"],
    [{ messages: [{ role: "user" }] }, "messages[0].content"],
    [{ messages: [{ role: "user", content: [{ type: "text" }] }] }, "messages[0].content[0].text"],
    [{ temperature: 2.1 }, "temperature"],
    [{ temperature: "1" }, "temperature"],
    [{ top_p: -0.1 }, "top_p"],
    [{ max_tokens: 0 }, "max_tokens"],
    [{ max_completion_tokens: 1.5 }, "max_completion_tokens"],
    [{ stop: "" }, "stop"],
    [{ stop: ["a", "b", "c", "d", "e"] }, "stop"],
    [{ seed: 0.5 }, "seed"],
    [{ presence_penalty: 3 }, "presence_penalty"],
    [{ stream: "yes" }, "stream"],
    [{ stream_options: { include_usage: true } }, "stream_options"],
    [{ stream: true, stream_options: { include_usage: 1 } }, "stream_options.include_usage"],
  ];
  for (const [fields, param] of cases) {
    test(JSON.stringify(fields), () => {
      const error = refusal(fields);
      assert.deepEqual([error.status, error.code, error.param], [400, "invalid_request", param]);
    });
  }
});

test("parameters that ask for nothing are accepted", () => {
  const neutral = {
    n: 1,
    tools: [],
    tool_choice: "auto",
    logprobs: false,
    top_logprobs: null,
    logit_bias: {},
    response_format: { type: "text" },
    modalities: ["text"],
    stop: null,
    seed: null,
    user: "ann",
    metadata: { a: "b" },
    store: false,
    service_tier: "auto",
    parallel_tool_calls: true,
    prompt_cache_key: "k",
  };
  assert.deepEqual(readChatRequest(body(neutral)), readChatRequest(body({})));
});

test("max_completion_tokens wins over the older max_tokens", () => {
  assert.equal(readChatRequest(body({ max_tokens: 5, max_completion_tokens: 7 })).maxTokens, 7);
});
