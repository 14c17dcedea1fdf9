import assert from "node:assert/strict";
import { describe, test } from "node:test";
import OpenAI, { BadRequestError, InternalServerError, NotFoundError } from "openai";
import { running, type Running } from "../test/running.ts";

const client = ({ url, secret }: Running) => new OpenAI({ baseURL: `${url}/v1`, apiKey: secret, maxRetries: 0 });
const messages = [{ role: "user" as const, content: "hello" }];

describe("the official OpenAI client", () => {
  test("chats", async (t) => {
    const openai = client(await running(t));
    const answer = await openai.chat.completions.create({ model: "tiny", messages, max_tokens: 9 });
    assert.equal(answer.choices[0]?.message.role, "assistant");
    assert.equal(answer.usage?.completion_tokens, 9);
  });

  test("streams, and puts the chunks together to the answer it would have had whole", async (t) => {
    const openai = client(await running(t));
    const request = { model: "tiny", messages, max_completion_tokens: 30, temperature: 0 };
    const stream = openai.chat.completions.stream({ ...request, stream_options: { include_usage: true } });
    const streamed = await stream.finalChatCompletion();
    const whole = await openai.chat.completions.create(request);
    assert.equal(streamed.choices[0]?.message.content, whole.choices[0]?.message.content);
    assert.equal(streamed.choices[0]?.finish_reason, "length");
    assert.deepEqual(streamed.usage, whole.usage);
  });

  test("aborts a stream", async (t) => {
    const server = await running(t, { contextLength: 32_768 });
    const stream = await client(server).chat.completions.create({
      model: "tiny",
      messages,
      temperature: 0,
      stream: true,
    });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    const model = await server.until((found) => found.busy === 0);
    assert.ok(model.completion_tokens < 30_000);
  });

  test("lists models and understands the errors", async (t) => {
    const server = await running(t);
    const openai = client(server);
    const listed = [];
    for await (const model of openai.models.list()) listed.push(model.id);
    assert.deepEqual(listed, ["tiny"]);
    const ask = (fields: object) => openai.chat.completions.create({ model: "tiny", messages, ...fields });
    const expected = (param: string, code: string) => (error: unknown) =>
      error instanceof BadRequestError && error.param === param && error.code === code;
    await assert.rejects(ask({ n: 2 }), expected("n", "unsupported_parameter"));
    await assert.rejects(ask({ temperature: 3 }), expected("temperature", "invalid_request"));
    await assert.rejects(ask({ model: "nobody" }), NotFoundError);
    server.server.setModels({ tiny: { path: "/nowhere.gguf" } });
    await assert.rejects(
      ask({}),
      (error) => error instanceof InternalServerError && error.code === "model_unavailable",
    );
  });
});
