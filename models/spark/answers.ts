/** Answers conversations under llama.cpp: `node answers.ts file.gguf`; a line in is `{"messages", "grammar"}`, a line out a reply. */
import { createInterface } from "node:readline";
import { openChat, SPARK, type Message } from "./chat.ts";

const chat = await openChat(process.argv[2] ?? SPARK);
for await (const line of createInterface({ input: process.stdin })) {
  const { messages, grammar } = JSON.parse(line) as { messages: Message[]; grammar?: string };
  const { text, ended } = await chat.reply(messages, 120, grammar);
  process.stdout.write(`${JSON.stringify({ text, ended })}\n`);
}
await chat.close();
