import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import type { GenerationDetail } from "@flywheel/protocol";
import { bodyOf, type Draft, draftOf, draftOfGeneration, EMPTY_DRAFT, savedBody, wireBody } from "./draft.ts";

const BODY = {
  model: "local/spark",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hi, <b>you</b>" },
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "1", content: "42" },
  ],
  temperature: 0,
  max_tokens: 12,
  stop: ["END", "\n"],
  tools: [{ type: "function", function: { name: "f" } }],
  response_format: { type: "json_schema", json_schema: { name: "x", schema: {} } },
};

test("a request goes into the playground and comes out as it was", () => {
  const draft = draftOf(BODY);
  deepEqual(draft.parameters, { temperature: "0", max_tokens: "12", stop: "END,\\n" });
  equal(draft.system, "Be brief.");
  deepEqual(bodyOf(draft, "local/spark"), BODY);
  deepEqual(bodyOf(draftOf({ ...BODY, stop: "a, b" }), "local/spark"), { ...BODY, stop: "a, b" });
});

test("JSON mode is a switch, and streaming is not kept", () => {
  const draft = draftOf({ model: "m", messages: [], response_format: { type: "json_object" }, stream: true });
  deepEqual([draft.jsonMode, draft.extra], [true, ""]);
});

test("what cannot be sent is said in words", () => {
  const draft: Draft = { ...EMPTY_DRAFT, messages: [{ role: "user", text: "hi" }] };
  throws(() => bodyOf(EMPTY_DRAFT, "m"), /no message/);
  throws(() => bodyOf(draft, " "), /model/);
  throws(() => bodyOf({ ...draft, extra: "{" }, "m"), /not valid JSON/);
  throws(() => bodyOf({ ...draft, extra: "[]" }, "m"), /JSON object/);
  throws(() => bodyOf({ ...draft, parameters: { temperature: "hot" } }, "m"), /temperature must be a number/);
  throws(() => bodyOf({ ...draft, messages: [{ role: "user", text: "3", json: true }] }, "m"), /JSON object/);
});

test("calls are streamed with their usage, unless the request says otherwise", () => {
  deepEqual(wireBody({ model: "m" }), { stream: true, stream_options: { include_usage: true }, model: "m" });
  deepEqual(wireBody({ stream: false }), { stream: false });
});

test("several models are saved with one request", () => {
  const draft: Draft = { ...EMPTY_DRAFT, models: ["a", "b"], messages: [{ role: "user", text: "hi" }] };
  deepEqual(savedBody(draft), { model: ["a", "b"], messages: [{ role: "user", content: "hi" }] });
  deepEqual(draftOf(savedBody(draft)), draft);
});

test("a generation of another dialect is opened by its messages", () => {
  const generation = {
    request_dialect: "anthropic-messages",
    request_model: "claude-x",
    request_body: JSON.stringify({ model: "claude-x", system: "Be kind.", messages: [] }),
    messages: [
      { role: "system", text: "Be kind." },
      { role: "user", text: "hello" },
    ],
  } as unknown as GenerationDetail;
  const draft = draftOfGeneration(generation);
  deepEqual(
    [draft.models, draft.system, draft.messages],
    [["claude-x"], "Be kind.", [{ role: "user", text: "hello" }]],
  );
});
