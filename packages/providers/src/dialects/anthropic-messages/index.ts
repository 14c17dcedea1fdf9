import { requestDecoder, responseDecoder } from "../answer.ts";
import type { ClientDialect } from "../dialect.ts";
import { readAnswer, writeAnswer, writeError } from "./answer.ts";
import { readRequest } from "./request.ts";
import { MessageStreamReader, MessageStreamWriter } from "./stream.ts";
import { writeRequest } from "./write-request.ts";

/** Anthropic's Messages API. */
export const anthropicMessages: ClientDialect = {
  id: "anthropic-messages",
  headers: ["anthropic-version", "2023-06-01"],
  clientHeaders: ["anthropic-version", "anthropic-beta"],
  path: (operation) => (operation === "chat" ? "/messages" : undefined),
  decodeRequest: requestDecoder(readRequest, "messages"),
  decodeResponse: responseDecoder(readAnswer, () => new MessageStreamReader()),
  readRequest,
  writeRequest,
  isAnswer: (body) => body.type === "message" && Array.isArray(body.content),
  readAnswer,
  writeAnswer,
  streamReader: () => new MessageStreamReader(),
  streamWriter: (echo) => new MessageStreamWriter(echo),
  writeError,
};
