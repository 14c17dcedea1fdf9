import type { ClientDialect } from "../dialect.ts";
import { readAnswer, writeAnswer } from "./answer.ts";
import { decodeRequest, decodeResponse } from "./log.ts";
import { readRequest } from "./request.ts";
import { ChatStreamReader, ChatStreamWriter } from "./stream.ts";
import { writeRequest } from "./write-request.ts";

/** OpenAI's chat completions and embeddings, and the many servers that speak them. */
export const openaiChat: ClientDialect = {
  id: "openai-chat",
  headers: [],
  clientHeaders: [],
  path: (operation) => (operation === "embeddings" ? "/embeddings" : "/chat/completions"),
  decodeRequest,
  decodeResponse,
  readRequest,
  writeRequest,
  isAnswer: (body, operation) => Array.isArray(operation === "embeddings" ? body.data : body.choices),
  readAnswer,
  writeAnswer,
  streamReader: () => new ChatStreamReader(),
  streamWriter: (echo) => new ChatStreamWriter(echo),
  writeError: (error) => ({ error }),
};
