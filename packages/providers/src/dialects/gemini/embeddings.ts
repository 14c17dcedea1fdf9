import type { Embeddings } from "../dialect.ts";
import { array, count, object, string } from "../json.ts";
import { leftOver, emptyRequest, unsupported } from "../messages.ts";

const KNOWN = new Set(["model", "input", "dimensions", "encoding_format"]);

/** `batchEmbedContents`, https://ai.google.dev/api/embeddings */
export const embeddings: Embeddings = {
  writeRequest(body, model) {
    const inputs = typeof body.input === "string" ? [body.input] : array(body.input);
    if (!inputs.every((input) => typeof input === "string"))
      throw unsupported("input", "this provider embeds texts, not tokens.");
    const rest = emptyRequest(model, false);
    leftOver(body, KNOWN, {}, rest);
    const requests = inputs.map((text) => ({
      model: `models/${model}`,
      content: { parts: [{ text }] },
      outputDimensionality: count(body.dimensions),
    }));
    return { body: { requests }, ignored: rest.ignored };
  },

  writeAnswer(answer, asked) {
    const base64 = asked.encoding_format === "base64";
    const data = array(answer.embeddings).map((value, index) => {
      const numbers = array(object(value).values).map(Number);
      return { object: "embedding", index, embedding: base64 ? toBase64(numbers) : numbers };
    });
    const tokens = count(object(answer.usageMetadata).promptTokenCount) ?? 0;
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    return { object: "list", data, model: string(asked.model), usage };
  },
};

/** Little-endian 32-bit floats: what OpenAI sends to a client that asks for base64. */
function toBase64(numbers: readonly number[]): string {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeFloatLE(number, index * 4);
  return bytes.toString("base64");
}
