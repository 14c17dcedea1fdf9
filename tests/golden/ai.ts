import assert from "node:assert/strict";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, embedMany, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai";
import type { EmbeddingModel, LanguageModel } from "ai";
import { CALLS, CARD_TEXT } from "../upstream/fixtures/case.ts";
import { BREAKS, FOUND, QUESTION, SCHEMA, STRUCTURED, TOOLS } from "./scenarios.ts";
import type { Golden, Target } from "./scenarios.ts";

interface Models {
  chat(model: string): LanguageModel;
  embedding(model: string): EmbeddingModel;
}

const tools = Object.fromEntries(
  TOOLS.map(({ name, description, parameters }) => [
    name,
    tool({
      description,
      inputSchema: jsonSchema<Record<string, unknown>>({ ...parameters }),
      execute: () => FOUND[name]!,
    }),
  ]),
);

/** The AI SDK over one of its providers. */
function golden(name: string, modelsOf: (target: Target) => Models): Golden {
  const asking = (target: Target, model: string) => ({
    model: modelsOf(target).chat(`${target.provider}/${model}`),
    prompt: QUESTION,
    maxRetries: 0,
  });
  return {
    name,
    scripts: {
      async chat(target) {
        const { text, finishReason, usage } = await generateText(asking(target, "text"));
        assert.deepEqual([text, finishReason, usage.inputTokens, usage.outputTokens], [CARD_TEXT, "stop", 12, 8]);
      },
      async stream(target) {
        const stream = streamText(asking(target, "text"));
        let text = "";
        for await (const delta of stream.textStream) text += delta;
        assert.deepEqual([text, await stream.finishReason, (await stream.usage).inputTokens], [CARD_TEXT, "stop", 12]);
      },
      async tools(target) {
        const { text, steps } = await generateText({ ...asking(target, "tools"), tools, stopWhen: stepCountIs(3) });
        assert.deepEqual(
          steps[0]!.toolCalls.map((call) => [call.toolName, call.input]),
          CALLS.map((call) => [call.name, call.arguments]),
        );
        assert.deepEqual([text, steps.length], [CARD_TEXT, 2]);
      },
      async "json schema"(target) {
        const output = Output.object({ schema: jsonSchema<typeof STRUCTURED>({ ...SCHEMA }) });
        const answer = await generateText({ ...asking(target, "structured"), output });
        assert.deepEqual(answer.output, STRUCTURED);
      },
      async embeddings(target) {
        const model = modelsOf(target).embedding(`${target.provider}/embedder`);
        const { embeddings } = await embedMany({ model, values: ["ab", "c"], maxRetries: 0 });
        assert.deepEqual(embeddings, [
          [2, -1],
          [1, -1],
        ]);
      },
      async error(target) {
        await assert.rejects(generateText(asking(target, "429")), (error) => {
          assert.ok(APICallError.isInstance(error));
          assert.deepEqual([error.statusCode, error.message, error.isRetryable], [429, "slow down", true]);
          assert.match(error.responseHeaders!["x-request-id"]!, /^req_/);
          return true;
        });
        for (const fault of BREAKS) {
          const raised: unknown[] = [];
          const stream = streamText({ ...asking(target, fault), onError: ({ error }) => void raised.push(error) });
          for await (const _ of stream.textStream);
          assert.equal(raised.length, 1, fault);
        }
      },
      async abort(target) {
        const controller = new AbortController();
        const stream = streamText({ ...asking(target, "hang-mid"), abortSignal: controller.signal });
        for await (const part of stream.fullStream) if (part.type === "text-delta") controller.abort();
      },
    },
  };
}

/** Its default speaks `/v1/responses`. */
export const aiOpenai = golden("ai, @ai-sdk/openai", ({ baseUrl, key, headers }) => {
  const provider = createOpenAI({ baseURL: baseUrl, apiKey: key, headers });
  return { chat: (model) => provider(model), embedding: (model) => provider.embedding(model) };
});

export const aiCompatible = golden("ai, @ai-sdk/openai-compatible", ({ baseUrl, key, headers }) => {
  const provider = createOpenAICompatible({
    name: "flywheel",
    baseURL: baseUrl,
    apiKey: key,
    headers,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  return { chat: (model) => provider(model), embedding: (model) => provider.embeddingModel(model) };
});
