/** Compares a GGUF file under node-llama-cpp with the Python reference: `node parity.ts build/reference.json [file.gguf]`. */
import { readFileSync } from "node:fs";
import { openChat, SPARK, type Message } from "./chat.ts";

interface Reference {
  answers: { messages: Message[]; answer: string }[];
  tokens: { text: string; ids: number[] }[];
}

const [reference = "build/reference.json", path = SPARK] = process.argv.slice(2);
const { answers, tokens } = JSON.parse(readFileSync(reference, "utf8")) as Reference;
const chat = await openChat(path);

const different = tokens.filter(({ text, ids }) => chat.model.tokenize(text).join() !== ids.join());
console.log(`token ids differ in ${different.length} of ${tokens.length} texts`);
for (const { text } of different.slice(0, 10)) console.log(`  ${JSON.stringify(text)}`);

let equal = 0;
let written = 0;
let read = 0;
const started = performance.now();
for (const { messages, answer } of answers) {
  const reply = await chat.reply(messages);
  written += reply.tokens.reply;
  read += reply.tokens.prompt;
  if (reply.text === answer) equal += 1;
  else console.log(`  python: ${JSON.stringify(answer)}\n  gguf:   ${JSON.stringify(reply.text)}`);
}
const seconds = (performance.now() - started) / 1000;
console.log(`greedy text equal in ${equal} of ${answers.length} answers`);
const speed = `${Math.round(written / seconds)} written tokens/s (${Math.round((written + read) / seconds)} with the prompts)`;
console.log(`${((seconds * 1000) / answers.length).toFixed(0)} ms an answer, ${speed}, one thread`);
await chat.close();
