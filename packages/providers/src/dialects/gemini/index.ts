import type { DecodedRequest, Dialect } from "../dialect.ts";
import { responseDecoder } from "../answer.ts";
import { array, object, parseJson, string } from "../json.ts";
import { embeddings } from "./embeddings.ts";
import { GeminiStreamReader, readAnswer } from "./answer.ts";
import { writeRequest } from "./write-request.ts";

/** Google's Gemini API, `generateContent`, `streamGenerateContent` and `batchEmbedContents`. Spoken to providers only. */
export const gemini: Dialect = {
  id: "gemini",
  headers: [],
  clientHeaders: [],
  path(operation, model, stream) {
    const name = model.split("/").map(encodeURIComponent).join("/");
    if (operation === "embeddings") return `/models/${name}:batchEmbedContents`;
    return `/models/${name}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`;
  },
  decodeRequest,
  decodeResponse: responseDecoder(readAnswer, () => new GeminiStreamReader()),
  writeRequest,
  isAnswer: (body, operation) =>
    operation === "embeddings"
      ? Array.isArray(body.embeddings)
      : Array.isArray(body.candidates) || typeof body.promptFeedback === "object",
  readAnswer,
  streamReader: () => new GeminiStreamReader(),
  embeddings,
};

/** No client sends this; enough for someone who looks at such a body all the same. */
function decodeRequest(raw: Uint8Array): DecodedRequest {
  const { contents, ...params } = object(parseJson(new TextDecoder().decode(raw)));
  const messages = array(contents).map((value) => {
    const { role, parts } = object(value);
    const text = array(parts).map((part) => string(object(part).text));
    return { role: role === "model" ? "assistant" : "user", text: text.join("") };
  });
  return { messages, input_text: messages.map(({ text }) => text).join("\n\n"), params };
}
