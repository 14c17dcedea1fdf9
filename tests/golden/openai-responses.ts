import assert from "node:assert/strict";
import { APIError, RateLimitError } from "openai";
import type OpenAI from "openai";
import { CALLS, CARD_TEXT } from "../upstream/fixtures/case.ts";
import { clientOf, embeds } from "./openai.ts";
import { BREAKS, FOUND, QUESTION, SCHEMA, STRUCTURED, TOOLS } from "./scenarios.ts";
import type { Golden } from "./scenarios.ts";

const tools = TOOLS.map((tool) => ({
  type: "function" as const,
  strict: false,
  ...tool,
  parameters: { ...tool.parameters },
}));

export const openaiResponses: Golden = {
  name: "openai (responses)",
  scripts: {
    async chat(target) {
      const answer = await clientOf(target).responses.create({ model: `${target.provider}/text`, input: QUESTION });
      assert.deepEqual([answer.output_text, answer.status], [CARD_TEXT, "completed"]);
      assert.deepEqual([answer.usage?.input_tokens, answer.usage?.output_tokens], [12, 8]);
    },
    async stream(target) {
      const stream = clientOf(target).responses.stream({ model: `${target.provider}/text`, input: QUESTION });
      let text = "";
      stream.on("response.output_text.delta", ({ delta }) => (text += delta));
      const answer = await stream.finalResponse();
      assert.deepEqual([text, answer.output_text], [CARD_TEXT, CARD_TEXT]);
      assert.equal(answer.usage?.total_tokens, 20);
    },
    async tools(target) {
      const client = clientOf(target);
      const model = `${target.provider}/tools`;
      const input: OpenAI.Responses.ResponseInput = [{ role: "user", content: QUESTION }];
      const asked = await client.responses.create({ model, input, tools });
      const calls = asked.output.filter((item) => item.type === "function_call");
      assert.deepEqual(
        calls.map((call) => [call.name, JSON.parse(call.arguments) as unknown]),
        CALLS.map((call) => [call.name, call.arguments]),
      );
      const results = calls.map(({ call_id, name }) => ({
        type: "function_call_output" as const,
        call_id,
        output: FOUND[name]!,
      }));
      const answer = await client.responses.create({
        model,
        input: [...input, ...(asked.output as typeof input), ...results],
        tools,
      });
      assert.equal(answer.output_text, CARD_TEXT);
    },
    async "json schema"(target) {
      const answer = await clientOf(target).responses.parse({
        model: `${target.provider}/structured`,
        input: QUESTION,
        text: { format: { type: "json_schema", name: "triage", strict: true, schema: { ...SCHEMA } } },
      });
      assert.deepEqual(answer.output_parsed, STRUCTURED);
    },
    embeddings: embeds,
    async error(target) {
      const asked = clientOf(target).responses.create({ model: `${target.provider}/429`, input: QUESTION });
      await assert.rejects(asked, (error) => {
        assert.ok(error instanceof RateLimitError);
        assert.match(error.message, /slow down/);
        assert.match(error.requestID!, /^req_/);
        return true;
      });
      for (const fault of BREAKS) {
        const broken = clientOf(target).responses.stream({ model: `${target.provider}/${fault}`, input: QUESTION });
        await assert.rejects(broken.finalResponse(), APIError, fault);
      }
    },
    async abort(target) {
      const model = `${target.provider}/hang-mid`;
      const stream = await clientOf(target).responses.create({ model, input: QUESTION, stream: true });
      for await (const event of stream) if (event.type === "response.output_text.delta") stream.controller.abort();
    },
  },
};
