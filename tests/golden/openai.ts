import assert from "node:assert/strict";
import OpenAI, { APIError, RateLimitError } from "openai";
import { CALLS, CARD_TEXT } from "../upstream/fixtures/case.ts";
import { BREAKS, FOUND, QUESTION, SCHEMA, STRUCTURED, TOOLS } from "./scenarios.ts";
import type { Golden, Target } from "./scenarios.ts";

export const clientOf = ({ baseUrl, key, headers }: Target): OpenAI =>
  new OpenAI({ baseURL: baseUrl, apiKey: key, defaultHeaders: headers, maxRetries: 0 });

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: QUESTION }];
const tools = TOOLS.map((tool) => ({
  type: "function" as const,
  function: { ...tool, parameters: { ...tool.parameters } },
}));

export const embeds = async (target: Target): Promise<void> => {
  const { data } = await clientOf(target).embeddings.create({
    model: `${target.provider}/embedder`,
    input: ["ab", "c"],
  });
  assert.deepEqual(
    data.map(({ embedding }) => embedding),
    [
      [2, -1],
      [1, -1],
    ],
  );
};

export const openai: Golden = {
  name: "openai (chat completions)",
  scripts: {
    async chat(target) {
      const answer = await clientOf(target).chat.completions.create({ model: `${target.provider}/text`, messages });
      const [choice] = answer.choices;
      assert.deepEqual([choice?.message.content, choice?.finish_reason], [CARD_TEXT, "stop"]);
      assert.deepEqual([answer.usage?.prompt_tokens, answer.usage?.completion_tokens], [12, 8]);
      assert.match(answer._request_id!, /^req_/);
    },
    async stream(target) {
      const stream = clientOf(target).chat.completions.stream({
        model: `${target.provider}/text`,
        messages,
        stream_options: { include_usage: true },
      });
      let text = "";
      stream.on("content", (delta) => (text += delta));
      const answer = await stream.finalChatCompletion();
      assert.deepEqual([text, answer.choices[0]?.message.content], [CARD_TEXT, CARD_TEXT]);
      assert.equal(answer.usage?.total_tokens, 20);
    },
    async tools(target) {
      const client = clientOf(target);
      const model = `${target.provider}/tools`;
      const asked = await client.chat.completions.create({ model, messages, tools });
      const { message } = asked.choices[0]!;
      const calls = (message.tool_calls ?? []).filter((call) => call.type === "function");
      const heard = calls.map((call) => [call.function.name, JSON.parse(call.function.arguments) as unknown]);
      assert.deepEqual(
        heard,
        CALLS.map((call) => [call.name, call.arguments]),
      );
      const results = calls.map(({ id, function: { name } }) => ({
        role: "tool" as const,
        tool_call_id: id,
        content: FOUND[name]!,
      }));
      const answer = await client.chat.completions.create({
        model,
        messages: [...messages, message, ...results],
        tools,
      });
      assert.equal(answer.choices[0]?.message.content, CARD_TEXT);
    },
    async "json schema"(target) {
      const answer = await clientOf(target).chat.completions.parse({
        model: `${target.provider}/structured`,
        messages,
        response_format: { type: "json_schema", json_schema: { name: "triage", strict: true, schema: { ...SCHEMA } } },
      });
      assert.deepEqual(answer.choices[0]?.message.parsed, STRUCTURED);
    },
    embeddings: embeds,
    async error(target) {
      const asked = clientOf(target).chat.completions.create({ model: `${target.provider}/429`, messages });
      await assert.rejects(asked, (error) => {
        assert.ok(error instanceof RateLimitError);
        assert.match(error.message, /slow down/);
        assert.match(error.requestID!, /^req_/);
        return true;
      });
      for (const fault of BREAKS) {
        const broken = clientOf(target).chat.completions.stream({ model: `${target.provider}/${fault}`, messages });
        await assert.rejects(broken.finalChatCompletion(), APIError, fault);
      }
    },
    async abort(target) {
      const model = `${target.provider}/hang-mid`;
      const stream = await clientOf(target).chat.completions.create({ model, messages, stream: true });
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) stream.controller.abort();
    },
  },
};
