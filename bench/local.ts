// The local model server beside node-llama-cpp's own chat session on the same file: npm run bench -- local [--model file.gguf] [--rounds 9] [--write]
import { setTimeout as sleep } from "node:timers/promises";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import type { LocalHealth } from "@flywheel/local";
import { serveLocal } from "@flywheel/local/server";
import { getLlama, LlamaChatSession, LlamaLogLevel } from "node-llama-cpp";
import { median, quantile, spread } from "./gateway/statistics.ts";

const PAGE = new URL("../docs/reference/local-benchmark.md", import.meta.url);
const SPARK = new URL("../models/spark/spark.gguf", import.meta.url).pathname;
const { values } = parseArgs({
  options: {
    model: { type: "string", default: SPARK },
    rounds: { type: "string", default: "9" },
    write: { type: "boolean", default: false },
  },
});
const ROUNDS = Number(values.rounds);
const TOKENS = 200;
/** Both write the same: small letters, and as many tokens as asked for. */
const GRAMMAR = "root ::= [a-z ] root";
const QUESTION = "My card was stolen on the train this morning. What should I do first?";
const LONG = `${QUESTION} `.repeat(30);
const SECRET = "bench";

const llama = await getLlama({ build: "never", gpu: false, maxThreads: 1, logLevel: LlamaLogLevel.disabled });
const model = await llama.loadModel({ modelPath: values.model });
const context = await model.createContext({ sequences: 1, contextSize: 1024 });
const grammar = await llama.createGrammar({ grammar: GRAMMAR });
const server = await serveLocal({ models: { model: { path: values.model } }, host: "127.0.0.1", port: 0, secret: SECRET, threads: 1, log: () => {} }); // prettier-ignore
const origin = `http://127.0.0.1:${server.port}`;
const headers = { authorization: `Bearer ${SECRET}`, "content-type": "application/json" };

/** Milliseconds to the first token and to the last, from the request on. */
interface Timing {
  first: number;
  last: number;
}

async function ours(content: string, tokens: number, signal?: AbortSignal): Promise<Timing> {
  const began = performance.now();
  const messages = [{ role: "user", content }];
  const body = { model: "model", messages, max_tokens: tokens, temperature: 0, grammar: GRAMMAR, stream: true };
  const answer = await fetch(`${origin}/v1/chat/completions`, { method: "POST", headers, body: JSON.stringify(body), ...(signal && { signal }) }); // prettier-ignore
  let first = 0;
  for await (const _ of answer.body!) first ||= performance.now() - began;
  return { first, last: performance.now() - began };
}

async function theirs(prompt: string, tokens: number): Promise<Timing> {
  const sequence = context.getSequence();
  const session = new LlamaChatSession({ contextSequence: sequence });
  const began = performance.now();
  let first = 0;
  await session.prompt(prompt, { maxTokens: tokens, temperature: 0, grammar, onToken: () => void (first ||= performance.now() - began) }); // prettier-ignore
  const last = performance.now() - began;
  session.dispose();
  await sequence.clearHistory();
  sequence.dispose();
  return { first, last };
}

/** From the moment that a client goes away until its slot is free. */
async function abort(): Promise<number> {
  const gone = new AbortController();
  const asked = ours(QUESTION, 900, gone.signal).catch(() => undefined);
  await sleep(30);
  const began = performance.now();
  gone.abort();
  await asked;
  for (;;) {
    const health = (await (await fetch(`${origin}/healthz`, { headers })).json()) as LocalHealth;
    if (health.models[0]!.busy === 0) return performance.now() - began;
  }
}

async function together(count: number): Promise<number> {
  const began = performance.now();
  await Promise.all(Array.from({ length: count }, () => ours(QUESTION, TOKENS)));
  return (count * TOKENS * 1000) / (performance.now() - began);
}

const perSecond = ({ first, last }: Timing) => ((TOKENS - 1) * 1000) / (last - first);
const figures = new Map<string, { ours: number[]; theirs: number[] }>();
function note(name: string, our: number, their?: number): void {
  const row = figures.get(name) ?? { ours: [], theirs: [] };
  row.ours.push(our);
  if (their !== undefined) row.theirs.push(their);
  figures.set(name, row);
}

await ours(QUESTION, 20);
await theirs(QUESTION, 20);
for (let round = 0; round < ROUNDS; round++) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[2Kround ${round + 1} of ${ROUNDS}`);
  const [short, shortToo] = [await ours(QUESTION, TOKENS), await theirs(QUESTION, TOKENS)];
  const [long, longToo] = [await ours(LONG, 1), await theirs(LONG, 1)];
  note("written tokens/s", perSecond(short), perSecond(shortToo));
  note("first token after a short prompt, ms", short.first, shortToo.first);
  note("first token after a prompt of some 600 tokens, ms", long.first, longToo.first);
  for (const count of [2, 4]) note(`written tokens/s, ${count} requests at once`, await together(count));
  note("slot free after the client went away, ms", await abort());
}

const rows = [...figures].map(([name, row]) => {
  const ratios = row.theirs.map((their, i) => row.ours[i]! / their);
  return `| ${name} | ${spread(row.ours, 1)} | ${quantile(row.ours, 0.95).toFixed(1)} | ${row.theirs.length > 0 ? spread(row.theirs, 1) : ""} | ${ratios.length > 0 ? median(ratios).toFixed(2) : ""} |`;
});
const page = [
  "# Local models, timed",
  "",
  "<!-- Written by `npm run bench -- local --write`. -->",
  "",
  `\`${basename(values.model)}\` on one thread, ${ROUNDS} rounds: the server over HTTP, as the gateway asks it, beside`,
  "node-llama-cpp's own `LlamaChatSession` in the same process. Medians, with the middle half of the rounds in brackets.",
  "",
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}.`,
  "",
  "| | server | p95 | session | server ÷ session |",
  "|---|---|---|---|---|",
  ...rows,
  "",
].join("\n");
if (values.write) writeFileSync(PAGE, page);
else console.log(page);
await server.close(0);
await llama.dispose();
