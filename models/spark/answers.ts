/** Answers conversations under llama.cpp: `node answers.ts file.gguf`; a line in is `{"messages", "grammar" or "asked"}`, a line out a reply. */
import { createInterface } from "node:readline";
import { constraintOf } from "../../packages/local/src/constraint.ts";
import type { ChatRequest } from "../../packages/local/src/request.ts";
import { openChat, SPARK, type Message } from "./chat.ts";

interface Line {
  messages: Message[];
  grammar?: string;
  /** A schema, or tools of which one is required: what the server makes a grammar of. */
  asked?: Pick<ChatRequest, "schema" | "tools" | "toolChoice">;
}

const chat = await openChat(process.argv[2] ?? SPARK);
for await (const line of createInterface({ input: process.stdin })) {
  const { messages, grammar, asked } = JSON.parse(line) as Line;
  const { text, ended } = await chat.reply(messages, 120, asked ? constraintOf(asked as ChatRequest) : grammar);
  process.stdout.write(`${JSON.stringify({ text, ended })}\n`);
}
await chat.close();
