import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import OpenAI from "openai";
import { events, problem, running, type Running } from "../test/running.ts";

// The model's weights are random: whatever form an answer has, the grammar gave it.

const client = ({ url, secret }: Running) => new OpenAI({ baseURL: `${url}/v1`, apiKey: secret, maxRetries: 0 });
const messages = [{ role: "user" as const, content: "hello" }];
const WEATHER = {
  type: "function" as const,
  function: {
    name: "weather",
    parameters: {
      type: "object",
      properties: { city: { $ref: "#/$defs/name" }, days: { type: "integer", minimum: 1, maximum: 14 } },
      required: ["city", "days"],
      additionalProperties: false,
      $defs: { name: { type: "string", maxLength: 8 } },
    },
  },
};
const SCHEMA = {
  type: "object",
  properties: { queue: { enum: ["cards", "billing"] }, urgency: { enum: [1, 2, 3] }, tags: { type: "array", items: { type: "string", pattern: "^[a-z]{1,5}$" }, maxItems: 2 } }, // prettier-ignore
  required: ["queue", "urgency", "tags"],
  additionalProperties: false,
};

describe("a grammar", () => {
  test("given raw decides what is said, whole and streamed, and the same seed says the same", async (t) => {
    const server = await running(t);
    const ask = (fields: object = {}) => server.complete({ grammar: 'root ::= ("ab" | "cd"){3}', seed: 7, ...fields });
    const [first, second] = [await ask(), await ask()];
    assert.match(first.choices[0]!.message.content!, /^(ab|cd){3}$/);
    assert.equal(first.choices[0]!.finish_reason, "stop");
    assert.deepEqual(first.choices, second.choices);
    const streamed = await server.chat({ grammar: 'root ::= "x"{4}', stream: true });
    const text = events(await streamed.text()).map((event) => (event === "[DONE]" ? "" : (event.choices[0]?.delta.content ?? ""))); // prettier-ignore
    assert.equal(text.join(""), "xxxx");
  });

  test("that is none, or that would end or hold up the process, is a 400, and the next request is answered", async (t) => {
    const server = await running(t);
    const nested = `root ::= ${"(".repeat(20_000)}"a"${")".repeat(20_000)}`;
    const optional = `root ::= ${'"a"? '.repeat(400)}`;
    const none = ["root ::= [a-z", "root ::= root", "start ::= 'a'", "root ::= missing", ""];
    for (const grammar of [...none, 'root ::= "a"{3,2}', 'root ::= "a"{900}{900}{900}', nested, optional]) {
      const found = await problem(await server.chat({ grammar }));
      assert.deepEqual([found.status, found.param], [400, "grammar"], grammar);
    }
    await server.complete({ max_tokens: 2 });
  });

  test("that never ends is cut by the limit, and one that admits nothing is a 400", async (t) => {
    const server = await running(t);
    const endless = await server.complete({ grammar: 'root ::= "a" root', max_tokens: 20 });
    assert.equal(endless.choices[0]!.finish_reason, "length");
    for (const grammar of ["root ::= [^\\x00-\\U0010FFFF]", 'root ::= "a" [z-a]']) {
      const found = await problem(await server.chat({ grammar, max_tokens: 20 }));
      assert.deepEqual([found.status, found.param], [400, "grammar"], grammar);
    }
    await server.complete({ max_tokens: 2 });
  });
});

test("a control token is no way to write its name under a grammar", async (t) => {
  const server = await running(t);
  for (let seed = 0; seed < 20; seed++) {
    const { choices } = await server.complete({ grammar: 'root ::= "<s>" | "<|im_start|>"', seed, temperature: 2 });
    assert.match(choices[0]!.message.content!, /^(<s>|<\|im_start\|>)$/);
  }
});

test("a small model that says the same over and over comes out of it", async (t) => {
  const server = await running(t);
  server.server.setModels({ tiny: { path: new URL("../../../models/spark/spark.gguf", import.meta.url).pathname } });
  const { choices } = await server.complete({ grammar: "root ::= [0-9]{300}", temperature: 0, max_tokens: 400 });
  assert.match(choices[0]!.message.content!, /^\d{300}$/);
  assert.doesNotMatch(choices[0]!.message.content!, /(\d)\1{60}/);
});

describe("a schema", () => {
  test("is kept to by every answer that ends, and the official client reads it", async (t) => {
    const openai = client(await running(t));
    const valid = new Ajv2020({ strict: false }).compile(SCHEMA);
    for (let seed = 1; seed <= 8; seed++) {
      const answer = await openai.chat.completions.create({
        model: "tiny",
        messages,
        seed,
        temperature: 1,
        response_format: { type: "json_schema", json_schema: { name: "triage", schema: SCHEMA } },
      });
      assert.equal(answer.choices[0]!.finish_reason, "stop");
      assert.ok(valid(JSON.parse(answer.choices[0]!.message.content!)), answer.choices[0]!.message.content!);
    }
  });

  test("that admits no value, or cannot be read, is a 400 with the field", async (t) => {
    const server = await running(t);
    const ask = (schema: unknown) => server.chat({ response_format: { type: "json_schema", json_schema: { name: "x", schema } } }); // prettier-ignore
    for (const schema of [{ $ref: "#" }, { type: "string", enum: [1] }, 3]) {
      const found = await problem(await ask(schema));
      assert.equal(found.status, 400);
      assert.match(found.param!, /^response_format/);
    }
  });

  test("of any object at all is what `json_object` means", async (t) => {
    const server = await running(t);
    const answer = await server.complete({ response_format: { type: "json_object" }, max_tokens: 200, seed: 3 });
    assert.equal(answer.choices[0]!.message.content![0], "{");
  });
});

describe("a tool", () => {
  const ask = { messages, model: "tiny", tools: [WEATHER], tool_choice: "required" as const, seed: 2 };

  test("that must be called is, with arguments that its schema allows", async (t) => {
    const openai = client(await running(t));
    const { choices } = await openai.chat.completions.create(ask);
    assert.equal(choices[0]!.finish_reason, "tool_calls");
    assert.equal(choices[0]!.message.content, null);
    const [call] = choices[0]!.message.tool_calls!;
    assert.ok(call?.type === "function" && call.function.name === "weather");
    const found = JSON.parse(call.function.arguments) as { city: string; days: number };
    assert.ok(found.city.length <= 8 && found.days >= 1 && found.days <= 14);
  });

  test("is called in a stream, too, and its result is read", async (t) => {
    const openai = client(await running(t));
    const stream = openai.chat.completions.stream({ ...ask, tool_choice: { type: "function", function: { name: "weather" } } }); // prettier-ignore
    const { choices } = await stream.finalChatCompletion();
    const called = choices[0]!.message;
    assert.equal(choices[0]!.finish_reason, "tool_calls");
    const after = await openai.chat.completions.create({
      model: "tiny",
      messages: [...messages, called, { role: "tool", tool_call_id: called.tool_calls![0]!.id, content: "rain" }],
      tools: [WEATHER],
      max_tokens: 3,
    });
    assert.equal(after.usage!.completion_tokens, 3);
  });

  test("that does not exist, or is no function, cannot be asked for", async (t) => {
    const server = await running(t);
    for (const [fields, param] of [
      [{ tool_choice: "required" }, "tool_choice"],
      [{ tools: [WEATHER], tool_choice: { type: "function", function: { name: "other" } } }, "tool_choice"],
      [{ tools: [{ type: "custom", custom: { name: "x" } }] }, "tools[0]"],
      [{ tools: [{ type: "function", function: { name: "no spaces" } }] }, "tools[0].function.name"],
    ] as const)
      assert.deepEqual((await problem(await server.chat(fields))).param, param);
    const two = await problem(await server.chat({ grammar: 'root ::= "a"', response_format: { type: "json_object" } }));
    assert.match(two.message, /Only one/);
  });
});
