import assert from "node:assert/strict";
import { test } from "node:test";
import { serveLocal } from "./server.ts";
import { openTrainingText } from "./training-text.ts";

const SPARK = new URL("../../../models/spark/spark.gguf", import.meta.url).pathname;
const SCHEMA = { type: "object", properties: { queue: { enum: ["cards", "billing"] } }, required: ["queue"] };

test("a text to train on has the tokens that the served prompt and answer have", async () => {
  const server = await serveLocal({ models: { spark: { path: SPARK } }, host: "127.0.0.1", port: 0, secret: "s", threads: 1, log: () => {} }); // prettier-ignore
  const text = await openTrainingText(SPARK);
  try {
    for (const schema of [undefined, SCHEMA]) {
      const messages = [
        { role: "system", content: "You work at a desk." },
        { role: "user", content: "I lost my card on the train" },
      ];
      const format = schema && { response_format: { type: "json_schema", json_schema: { name: "a", schema } } };
      const response = await fetch(`http://127.0.0.1:${server.port}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: "Bearer s", "content-type": "application/json" },
        body: JSON.stringify({ model: "spark", messages, temperature: 0, prompt_logprobs: 0, ...format }),
      });
      const {
        prompt_logprobs: read,
        choices,
        usage,
      } = (await response.json()) as {
        prompt_logprobs: (Record<string, unknown> | null)[];
        choices: { message: { content: string } }[];
        usage: { completion_tokens: number };
      };
      const prompt = text.prompt(messages, schema);
      assert.deepEqual(
        read.slice(1).map((each) => Number(Object.keys(each!)[0])),
        prompt.slice(1),
      );
      // The last token of an answer that ends by itself is the one that ends it. A grammar may take other pieces.
      if (!schema) assert.equal(text.completion(choices[0]!.message.content).length, usage.completion_tokens + 1);
    }
  } finally {
    await server.close(0);
    await text.close();
  }
});
