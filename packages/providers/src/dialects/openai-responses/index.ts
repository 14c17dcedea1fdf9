import { requestDecoder, responseDecoder } from "../answer.ts";
import type { ClientDialect } from "../dialect.ts";
import { readAnswer, writeAnswer } from "./answer.ts";
import { readRequest } from "./request.ts";
import { ResponseStreamReader, ResponseStreamWriter } from "./stream.ts";
import { writeRequest } from "./write-request.ts";

/** OpenAI's Responses API, as far as it goes without keeping state. */
export const openaiResponses: ClientDialect = {
  id: "openai-responses",
  headers: [],
  clientHeaders: [],
  path: (operation) => (operation === "chat" ? "/responses" : undefined),
  decodeRequest: requestDecoder(readRequest, "input"),
  decodeResponse: responseDecoder(readAnswer, () => new ResponseStreamReader()),
  readRequest,
  writeRequest,
  isAnswer: (body) => body.object === "response" && Array.isArray(body.output),
  readAnswer,
  writeAnswer,
  streamReader: () => new ResponseStreamReader(),
  streamWriter: (echo) => new ResponseStreamWriter(echo),
  writeError: (error) => ({ error }),
};
