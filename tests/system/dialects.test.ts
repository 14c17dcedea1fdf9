import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { type Flywheel, removeFolder, startFlywheel } from "./flywheel.ts";

let flywheel: Flywheel;
before(async () => {
  flywheel = await startFlywheel();
});
after(async () => {
  await flywheel.stop();
  removeFolder(flywheel.dataDir);
});

const QUESTION = "I lost my card, what now?";

test("Anthropic's SDK, unmodified, streams from spark, and the row shows both sides in their own dialects", async () => {
  const client = new Anthropic({ baseURL: flywheel.baseUrl.replace(/\/v1$/, ""), apiKey: flywheel.key });
  const request = { model: "local/spark", max_tokens: 100, messages: [{ role: "user" as const, content: QUESTION }] };
  const { content, usage } = await client.messages.stream(request).finalMessage();
  assert.ok(content[0]?.type === "text" && content[0].text.length > 0 && usage.input_tokens > 0);

  const [summary] = await flywheel.rows(1);
  const row = await flywheel.generation(summary!.id);
  assert.deepEqual(
    [row.request_dialect, row.response_dialect, row.status],
    ["anthropic-messages", "openai-chat", "ok"],
  );
  assert.deepEqual([row.messages[0]?.text, row.output?.text], [QUESTION, content[0].text]);
  assert.equal(row.usage_output_tokens, usage.output_tokens);
});

test("the Responses API answers from spark, in one piece and as a stream", async () => {
  const client = new OpenAI({ baseURL: flywheel.baseUrl, apiKey: flywheel.key });
  const whole = await client.responses.create({ model: "fast", input: QUESTION });
  const streamed = await client.responses.stream({ model: "fast", input: QUESTION }).finalResponse();
  assert.ok(whole.output_text.length > 0 && streamed.output_text.length > 0);
  assert.ok(streamed.usage!.output_tokens > 0);
});
