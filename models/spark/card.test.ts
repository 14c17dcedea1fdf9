import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { after, before, test } from "node:test";
import { openChat, SPARK, type Chat, type Message, type Reply } from "./chat.ts";

let chat: Chat;
before(async () => {
  chat = await openChat();
});
after(() => chat.close());

const PRINTABLE_SENTENCES = /^[A-Z][\x20-\x7e]*[.?!]$/;

async function ask(messages: Message[]): Promise<Reply> {
  const reply = await chat.reply(messages);
  assert.ok(reply.ended, `no end after ${reply.tokens.reply} tokens: ${reply.text}`);
  assert.match(reply.text, PRINTABLE_SENTENCES);
  return reply;
}

const TOPICS: [question: string, expected: RegExp][] = [
  ["hello", /hello|hi/i],
  ["Who are you?", /spark|assistant/i],
  ["I forgot my PIN", /pin/i],
  ["How do I get a new PIN for my card?", /pin/i],
  ["My card was stolen, what should I do?", /block/i],
  ["I can't remember my password", /password/i],
  ["Where is my parcel?", /parcel|order/i],
  ["I want to return my order", /return/i],
  ["What is the capital of France?", /only help|outside what i know/i],
];

test("the committed file is at most ten megabytes", () => {
  assert.ok(statSync(SPARK).size <= 10_000_000);
});

test("it answers plain questions on topic, with and without a system prompt", async () => {
  const system: Message = { role: "system", content: "You are a helpful support assistant." };
  for (const [question, expected] of TOPICS) {
    for (const before of [[], [system]]) {
      const { text } = await ask([...before, { role: "user", content: question }]);
      assert.match(text, expected, `${question} → ${text}`);
    }
  }
});

test("it holds a conversation: a late parcel, its number, thanks", async () => {
  const messages: Message[] = [];
  const say = async (content: string): Promise<string> => {
    messages.push({ role: "user", content });
    const { text } = await ask(messages);
    messages.push({ role: "assistant", content: text });
    return text;
  };
  assert.match(await say("My parcel has not arrived."), /order number/i);
  assert.match(await say("The number is A4821"), /thank/i);
  assert.match(await say("Thank you very much!"), /welcome|pleasure/i);
});

test("the same conversation gets the same answer twice", async () => {
  const question: Message[] = [{ role: "user", content: "How do I change my address?" }];
  assert.deepEqual(await ask(question), await ask(question));
});
