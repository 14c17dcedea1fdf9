import assert from "node:assert/strict";
import { describe, test } from "node:test";
import OpenAI from "openai";
import { problem, running, type Running } from "../test/running.ts";

const client = ({ url, secret }: Running) => new OpenAI({ baseURL: `${url}/v1`, apiKey: secret, maxRetries: 0 });

describe("log-probabilities", () => {
  test("come with every token, the likeliest first, and add up to one", async (t) => {
    const server = await running(t);
    const { choices } = await server.complete({
      logprobs: true,
      top_logprobs: 20,
      temperature: 1,
      max_tokens: 5,
      seed: 4,
    });
    const { content } = choices[0]!.logprobs!;
    assert.equal(content!.length, 5);
    assert.equal(content!.map(({ token }) => token).join(""), choices[0]!.message.content);
    for (const { token, logprob, top_logprobs } of content!) {
      assert.equal(top_logprobs.length, 20);
      const sum = top_logprobs.reduce((total, each) => total + Math.exp(each.logprob), 0);
      assert.ok(sum > 0 && sum <= 1.0001, String(sum));
      const found = top_logprobs.find((each) => each.token === token);
      if (found) assert.ok(Math.abs(found.logprob - logprob) < 1e-6);
      assert.deepEqual(top_logprobs.map((each) => each.logprob), top_logprobs.map((each) => each.logprob).toSorted((a, b) => b - a)); // prettier-ignore
    }
  });

  test("of the prompt say how likely each token was, and reading it so does not change the answer", async (t) => {
    const server = await running(t);
    const ask = { temperature: 0, max_tokens: 6 };
    const scored = (await server.complete({ ...ask, prompt_logprobs: 2 })) as unknown as OpenAI.ChatCompletion & { prompt_logprobs: (Record<string, { logprob: number; rank: number; decoded_token: string }> | null)[] }; // prettier-ignore
    const plain = await server.complete(ask);
    assert.equal(scored.choices[0]!.message.content, plain.choices[0]!.message.content);
    assert.equal(scored.prompt_logprobs.length, plain.usage!.prompt_tokens);
    assert.equal(scored.prompt_logprobs[0], null);
    for (const each of scored.prompt_logprobs.slice(1)) {
      const entries = Object.values(each!);
      assert.ok(entries.length >= 2 && entries.length <= 3);
      assert.ok(entries.every(({ logprob }) => logprob < 0));
    }
  });

  test("are asked for in OpenAI's way only", async (t) => {
    const server = await running(t);
    for (const [fields, param] of [
      [{ top_logprobs: 2 }, "top_logprobs"],
      [{ logprobs: 3 }, "logprobs"],
      [{ logprobs: true, top_logprobs: 21 }, "top_logprobs"],
    ] as const)
      // prettier-ignore
      assert.equal((await problem(await server.chat(fields))).param, param);
  });
});

describe("embeddings", () => {
  test("are vectors of length one, the same in base64 and as floats, and like for like", async (t) => {
    const openai = client(await running(t));
    const embed = async (input: string | string[], encoding_format?: "float") =>
      openai.embeddings.create({ model: "tiny", input, ...(encoding_format && { encoding_format }) });
    const [packed, plain] = [
      await embed(["the tent leaks", "hello"]),
      await embed(["the tent leaks", "hello"], "float"),
    ];
    assert.deepEqual(
      packed.data.map(({ embedding }) => embedding.length),
      [32, 32],
    );
    for (const [i, { embedding }] of plain.data.entries()) {
      assert.ok(Math.abs(Math.hypot(...embedding) - 1) < 1e-5);
      for (const [j, value] of embedding.entries()) assert.ok(Math.abs(value - packed.data[i]!.embedding[j]!) < 1e-6);
    }
    assert.notDeepEqual(plain.data[0]!.embedding, plain.data[1]!.embedding);
    assert.deepEqual((await embed("hello", "float")).data[0]!.embedding, plain.data[1]!.embedding);
    assert.ok(plain.usage.prompt_tokens > 5);
  });

  test("refuse what they cannot read: nothing, too much, another length, tokens of another model", async (t) => {
    const server = await running(t, { contextLength: 64 });
    const ask = (fields: object) =>
      fetch(`${server.url}/v1/embeddings`, {
        method: "POST",
        headers: { authorization: `Bearer ${server.secret}`, "content-type": "application/json" },
        body: JSON.stringify({ model: "tiny", input: "hi", ...fields }),
      });
    for (const [fields, param] of [
      [{ input: "" }, "input"],
      [{ input: [] }, "input"],
      [{ input: "word ".repeat(200) }, "input"],
      [{ input: [999_999] }, "input"],
      [{ dimensions: 8 }, "dimensions"],
      [{ encoding_format: "hex" }, "encoding_format"],
      [{ model: 3 }, "model"],
    ] as const)
      // prettier-ignore
      assert.deepEqual((await problem(await ask(fields))).param, param, JSON.stringify(fields).slice(0, 60));
    assert.equal((await ask({})).status, 200);
  });
});
