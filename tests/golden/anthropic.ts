import assert from "node:assert/strict";
import Anthropic, { APIError, RateLimitError } from "@anthropic-ai/sdk";
import { CALLS, CARD_TEXT } from "../upstream/fixtures/case.ts";
import { BREAKS, FOUND, QUESTION, SCHEMA, STRUCTURED, TOOLS } from "./scenarios.ts";
import type { Golden, Target } from "./scenarios.ts";

/** This SDK adds `/v1` itself. */
const clientOf = ({ baseUrl, key, headers }: Target): Anthropic =>
  new Anthropic({ baseURL: baseUrl.replace(/\/v1$/, ""), apiKey: key, defaultHeaders: headers, maxRetries: 0 });

const messages: Anthropic.MessageParam[] = [{ role: "user", content: QUESTION }];
const asking = ({ provider }: Target, model: string) => ({ model: `${provider}/${model}`, max_tokens: 100, messages });
const tools = TOOLS.map(({ name, description, parameters }) => ({
  name,
  description,
  input_schema: parameters as unknown as Anthropic.Tool.InputSchema,
}));

const textOf = ({ content }: Anthropic.Message): string =>
  content.map((block) => (block.type === "text" ? block.text : "")).join("");

export const anthropic: Golden = {
  name: "@anthropic-ai/sdk",
  scripts: {
    async chat(target) {
      const answer = await clientOf(target).messages.create(asking(target, "text"));
      assert.deepEqual([textOf(answer), answer.stop_reason], [CARD_TEXT, "end_turn"]);
      const { input_tokens, cache_read_input_tokens, output_tokens } = answer.usage;
      assert.deepEqual([input_tokens, cache_read_input_tokens, output_tokens], [8, 4, 8]);
    },
    async stream(target) {
      const stream = clientOf(target).messages.stream(asking(target, "text"));
      let text = "";
      stream.on("text", (delta) => (text += delta));
      const answer = await stream.finalMessage();
      assert.deepEqual([text, textOf(answer), answer.usage.output_tokens], [CARD_TEXT, CARD_TEXT, 8]);
    },
    async tools(target) {
      const client = clientOf(target);
      const asked = await client.messages.create({ ...asking(target, "tools"), tools });
      const calls = asked.content.filter((block) => block.type === "tool_use");
      assert.deepEqual(
        calls.map((call) => [call.name, call.input]),
        CALLS.map((call) => [call.name, call.arguments]),
      );
      const content = calls.map(({ id, name }) => ({
        type: "tool_result" as const,
        tool_use_id: id,
        content: FOUND[name]!,
      }));
      const answer = await client.messages.create({
        ...asking(target, "tools"),
        messages: [...messages, { role: "assistant", content: asked.content }, { role: "user", content }],
        tools,
      });
      assert.equal(textOf(answer), CARD_TEXT);
    },
    async "json schema"(target) {
      const answer = await clientOf(target).messages.parse({
        ...asking(target, "structured"),
        output_config: {
          format: { type: "json_schema", schema: { ...SCHEMA }, parse: (text: string) => JSON.parse(text) as unknown },
        },
      });
      assert.deepEqual(answer.parsed_output, STRUCTURED);
    },
    embeddings: { none: "Anthropic has no embeddings" },
    async error(target) {
      await assert.rejects(clientOf(target).messages.create(asking(target, "429")), (error) => {
        assert.ok(error instanceof RateLimitError);
        assert.match(error.message, /slow down/);
        assert.equal(error.type, "rate_limit_error");
        return true;
      });
      for (const fault of BREAKS)
        await assert.rejects(clientOf(target).messages.stream(asking(target, fault)).finalMessage(), APIError, fault);
    },
    async abort(target) {
      const stream = await clientOf(target).messages.create({ ...asking(target, "hang-mid"), stream: true });
      for await (const event of stream) if (event.type === "content_block_delta") stream.controller.abort();
    },
  },
};
