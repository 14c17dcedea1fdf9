/** Two numbers for each text: how long it is, and minus one. */
const vector = (text: string): number[] => [text.length, -1];

/** The embeddings asked for, in the words of OpenAI or of Gemini; `undefined` where the path is neither's. */
export function embeddings(path: string, body: Record<string, unknown>): object | undefined {
  if (path.endsWith("/embeddings")) return openai(body);
  if (path.endsWith(":batchEmbedContents")) return gemini(body);
  return undefined;
}

/** The official client asks for base64, which is the vector's little-endian 32-bit floats. */
function openai({ input, encoding_format }: Record<string, unknown>): object {
  const inputs = Array.isArray(input) ? (input as string[]) : [input as string];
  const form = (numbers: number[]): unknown =>
    encoding_format === "base64" ? Buffer.from(new Float32Array(numbers).buffer).toString("base64") : numbers;
  return {
    object: "list",
    data: inputs.map((text, index) => ({ object: "embedding", index, embedding: form(vector(text)) })),
    model: "embedder",
    usage: { prompt_tokens: 3, total_tokens: 3 },
  };
}

/** https://ai.google.dev/api/embeddings: no usage is given. */
function gemini(body: Record<string, unknown>): object {
  const requests = body.requests as { content: { parts: { text: string }[] } }[];
  return { embeddings: requests.map(({ content }) => ({ values: vector(content.parts[0]!.text) })) };
}
