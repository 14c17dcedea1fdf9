import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
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

const question = { role: "user" as const, content: "I lost my card, what now?" };

test("the OpenAI SDK, unmodified, gets an answer from spark, and the answer is a row", async () => {
  const client = new OpenAI({ baseURL: flywheel.baseUrl, apiKey: flywheel.key });
  const { data, response } = await client.chat.completions
    .create({ model: "local/spark", messages: [question] })
    .withResponse();
  const text = data.choices[0]!.message.content!;
  assert.ok(text.length > 0);
  assert.equal(data.choices[0]!.finish_reason, "stop");

  const id = response.headers.get("flywheel-generation-id")!;
  await flywheel.rows(1);
  const row = await flywheel.generation(id);
  assert.equal(row.status, "ok");
  assert.equal(row.output_text, text);
  assert.equal(row.usage_output_tokens, data.usage!.completion_tokens);
  assert.deepEqual(
    row.messages.map(({ role, text: said }) => [role, said]),
    [["user", question.content]],
  );
  assert.equal(row.cost_nano, 0);
});

test("the OpenAI SDK streams, with usage only where it was asked for", async () => {
  const client = new OpenAI({ baseURL: flywheel.baseUrl, apiKey: flywheel.key });
  const plain = [];
  for await (const chunk of await client.chat.completions.create({ model: "fast", messages: [question], stream: true }))
    plain.push(chunk);
  assert.ok(plain.every(({ usage, choices }) => !usage && choices.length > 0));

  let usage;
  for await (const chunk of await client.chat.completions.create({
    model: "fast",
    messages: [question],
    stream: true,
    stream_options: { include_usage: true },
  }))
    usage = chunk.usage ?? usage;
  assert.ok(usage && usage.completion_tokens > 0);
});

test("the AI SDK, unmodified, chats and streams", async () => {
  const provider = createOpenAICompatible({ name: "flywheel", baseURL: flywheel.baseUrl, apiKey: flywheel.key });
  const { text, usage } = await generateText({ model: provider("default"), prompt: question.content });
  assert.ok(text.length > 0 && usage.outputTokens! > 0);

  const stream = streamText({ model: provider("default"), prompt: question.content });
  let streamed = "";
  for await (const piece of stream.textStream) streamed += piece;
  assert.ok(streamed.length > 0);
  assert.equal(await stream.finishReason, "stop");
});

test("a wrong key and an unknown model are errors in OpenAI's shape, with all four fields", async () => {
  const stranger = new OpenAI({ baseURL: flywheel.baseUrl, apiKey: "fw_dev_nobody", maxRetries: 0 });
  await assert.rejects(stranger.chat.completions.create({ model: "fast", messages: [question] }), {
    status: 401,
    code: "invalid_key",
  });

  const response = await fetch(`${flywheel.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "local/sparc", messages: [question] }),
  });
  assert.equal(response.status, 404);
  const { error } = (await response.json()) as { error: Record<string, unknown> };
  assert.deepEqual(Object.keys(error).sort(), ["code", "message", "param", "type"]);
  assert.match(String(error["message"]), /local\/spark/);
});

test("the models that can be asked for are listed, also without /v1", async () => {
  const client = new OpenAI({ baseURL: flywheel.origin, apiKey: flywheel.key });
  const ids = (await client.models.list()).data.map(({ id }) => id);
  assert.ok(ids.includes("local/spark") && ids.includes("default") && ids.includes("fast"));
});
