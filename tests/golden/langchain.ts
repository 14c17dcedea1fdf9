import assert from "node:assert/strict";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { CALLS, CARD_TEXT } from "../upstream/fixtures/case.ts";
import { BREAKS, FOUND, QUESTION, SCHEMA, STRUCTURED, TOOLS } from "./scenarios.ts";
import type { Golden, Target } from "./scenarios.ts";

const settings = ({ baseUrl, key, headers }: Target) => ({
  apiKey: key,
  maxRetries: 0,
  configuration: { baseURL: baseUrl, defaultHeaders: headers },
});
const chatOf = (target: Target, model: string): ChatOpenAI =>
  new ChatOpenAI({ ...settings(target), model: `${target.provider}/${model}` });

const tools = TOOLS.map((tool) => ({
  type: "function" as const,
  function: { ...tool, parameters: { ...tool.parameters } },
}));

export const langchain: Golden = {
  name: "@langchain/openai",
  scripts: {
    async chat(target) {
      const answer = await chatOf(target, "text").invoke(QUESTION);
      assert.equal(answer.content, CARD_TEXT);
      assert.deepEqual([answer.usage_metadata?.input_tokens, answer.usage_metadata?.output_tokens], [12, 8]);
    },
    async stream(target) {
      let text = "";
      let total = 0;
      for await (const chunk of await chatOf(target, "text").stream(QUESTION)) {
        text += chunk.text;
        total += chunk.usage_metadata?.total_tokens ?? 0;
      }
      assert.deepEqual([text, total], [CARD_TEXT, 20]);
    },
    async tools(target) {
      const model = chatOf(target, "tools").bindTools(tools);
      const asked = await model.invoke(QUESTION);
      assert.deepEqual(
        (asked.tool_calls ?? []).map((call) => [call.name, call.args]),
        CALLS.map((call) => [call.name, call.arguments]),
      );
      const results = asked.tool_calls!.map(({ id, name }) => ({
        role: "tool" as const,
        content: FOUND[name]!,
        tool_call_id: id!,
      }));
      const answer = await model.invoke([{ role: "user", content: QUESTION }, asked, ...results]);
      assert.equal(answer.content, CARD_TEXT);
    },
    async "json schema"(target) {
      const model = chatOf(target, "structured").withStructuredOutput(
        { title: "triage", ...SCHEMA },
        { method: "jsonSchema" },
      );
      assert.deepEqual(await model.invoke(QUESTION), STRUCTURED);
    },
    async embeddings(target) {
      const model = new OpenAIEmbeddings({ ...settings(target), model: `${target.provider}/embedder` });
      assert.deepEqual(await model.embedDocuments(["ab", "c"]), [
        [2, -1],
        [1, -1],
      ]);
    },
    async error(target) {
      await assert.rejects(chatOf(target, "429").invoke(QUESTION), (error: Error & { status?: number }) => {
        assert.equal(error.status, 429);
        assert.match(error.message, /slow down/);
        return true;
      });
      for (const fault of BREAKS)
        await assert.rejects(async () => {
          for await (const _ of await chatOf(target, fault).stream(QUESTION));
        });
    },
    async abort(target) {
      const controller = new AbortController();
      const stream = await chatOf(target, "hang-mid").stream(QUESTION, { signal: controller.signal });
      await assert.rejects(async () => {
        for await (const chunk of stream) if (chunk.text !== "") controller.abort();
      });
    },
  },
};
