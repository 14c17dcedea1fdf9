import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { type Flywheel, startFlywheel } from "./flywheel.ts";

let flywheel: Flywheel;
let client: OpenAI;
before(async () => {
  flywheel = await startFlywheel();
  client = new OpenAI({ baseURL: flywheel.baseUrl, apiKey: flywheel.key });
});
after(async () => void (await flywheel.stop()));

const messages = [{ role: "user" as const, content: "My card was stolen, please block it" }];

test("a grammar holds the bundled model through the gateway", async () => {
  const request = { model: "local/spark", messages, grammar: 'root ::= "cards" | "payments" | "orders"' };
  const answer = await client.chat.completions.create(request);
  assert.match(answer.choices[0]!.message.content!, /^(cards|payments|orders)$/);
});

test("a JSON Schema does, too: the official client parses what comes", async () => {
  const answer = await client.chat.completions.parse<
    OpenAI.ChatCompletionCreateParamsNonStreaming,
    { queue: string; urgency: number }
  >({
    model: "local/spark",
    messages,
    response_format: {
      type: "json_schema",
      json_schema: {
        name: "triage",
        strict: true,
        schema: {
          type: "object",
          properties: {
            queue: { type: "string", enum: ["cards", "payments", "orders"] },
            urgency: { enum: [1, 2, 3] },
          },
          required: ["queue", "urgency"],
          additionalProperties: false,
        },
      },
    },
  });
  const { queue, urgency } = answer.choices[0]!.message.parsed!;
  assert.ok(["cards", "payments", "orders"].includes(queue) && [1, 2, 3].includes(urgency));
});

test("a tool is called, its row shows the call, and asking again is answered from the cache", async () => {
  const request = {
    model: "local/spark",
    messages,
    temperature: 0,
    tools: [
      {
        type: "function" as const,
        function: {
          name: "block_card",
          parameters: {
            type: "object",
            properties: { reason: { type: "string", enum: ["stolen", "lost"] } },
            required: ["reason"],
            additionalProperties: false,
          },
        },
      },
    ],
    tool_choice: "required" as const,
  };
  const { data, response } = await client.chat.completions.create(request).withResponse();
  const [call] = data.choices[0]!.message.tool_calls!;
  assert.ok(call?.type === "function" && call.function.name === "block_card");
  assert.match(call.function.arguments, /^\{"reason":"(stolen|lost)"\}$/);
  const id = response.headers.get("flywheel-generation-id")!;
  const rows = await flywheel.rows(3);
  assert.ok(rows.some((row) => row.id === id && row.finish_reason === "tool_calls"));
  assert.equal((await flywheel.generation(id)).output!.tool_calls![0]!.name, "block_card");
  const again = await client.chat.completions.create(request).withResponse();
  assert.equal(again.response.headers.get("flywheel-cache"), "hit");
});

test("embeddings come in base64 and are counted in their row", async () => {
  const { data, response } = await client.embeddings
    .create({ model: "local/spark", input: ["I lost my card", "My card is gone", "Where is my parcel?"] })
    .withResponse();
  assert.equal(data.data.length, 3);
  for (const { embedding } of data.data) assert.ok(Math.abs(Math.hypot(...embedding) - 1) < 1e-4);
  const id = response.headers.get("flywheel-generation-id")!;
  const rows = await flywheel.rows(4);
  const row = rows.find((each) => each.id === id)!;
  assert.equal(row.operation_name, "embeddings");
  assert.equal(row.usage_input_tokens, data.usage.prompt_tokens);
});

test("a grammar that is none is refused in words, and the next request is answered", async () => {
  const request = { model: "local/spark", messages, grammar: "root ::= [a-z" };
  await assert.rejects(client.chat.completions.create(request), /`grammar` cannot be used/);
  const answer = await client.chat.completions.create({ model: "local/spark", messages });
  assert.ok(answer.choices[0]!.message.content!.length > 0);
});
