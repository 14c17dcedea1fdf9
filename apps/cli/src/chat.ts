import { createInterface } from "node:readline/promises";
import { FlywheelError, type WireError } from "@flywheel/protocol";
import { openDataFolder, devKey } from "@flywheel/server";
import type { AppCommand, AppContext } from "./program.ts";

interface Message {
  role: "user" | "assistant";
  content: string;
}

/** `flywheel chat`: through the public API, like any other client. */
export const chatCommand: AppCommand = {
  usage: "chat [model] [prompt]",
  summary: "talk to a model through the running server",
  examples: ["flywheel chat", 'flywheel chat local/spark "I forgot my PIN"', "flywheel chat openai/gpt-4o-mini"],
  async run(context, [model = "default", prompt], _) {
    const { baseUrl } = await context.connection();
    if (!baseUrl) throw new FlywheelError("conflict", { reason: "No server runs on this data folder. Start one with `flywheel dev`." });
    const key = process.env["FLYWHEEL_KEY"] ?? devKey(openDataFolder(context.place.dataDir));
    const ask = (history: Message[]) => answer(context, { url: `${baseUrl}/chat/completions`, key, model, history });
    if (prompt !== undefined) return void (await ask([{ role: "user", content: prompt }]));
    await converse(context, model, ask);
  },
};

async function converse({ note, signal }: AppContext, model: string, ask: (history: Message[]) => Promise<string>): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr, historySize: 200 });
  signal.addEventListener("abort", () => terminal.close());
  note(`${model} · Ctrl-D ends the conversation`);
  const history: Message[] = [];
  terminal.setPrompt("> ");
  terminal.prompt();
  for await (const line of terminal) {
    if (line.trim()) {
      history.push({ role: "user", content: line });
      try {
        history.push({ role: "assistant", content: await ask(history) });
      } catch (error) {
        history.pop();
        note((error as Error).message);
      }
    }
    terminal.prompt();
  }
}

async function answer({ out, json, signal }: AppContext, call: { url: string; key: string; model: string; history: Message[] }): Promise<string> {
  const response = await fetch(call.url, {
    method: "POST",
    headers: { authorization: `Bearer ${call.key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: call.model, messages: call.history, stream: true }),
    signal,
  });
  if (!response.ok) throw new Error(((await response.json()) as WireError).error.message);
  let text = "";
  for await (const data of serverSentData(response.body!)) {
    if (data === "[DONE]") break;
    const chunk = JSON.parse(data) as { choices?: { delta?: { content?: string } }[]; error?: WireError["error"] };
    if (chunk.error) throw new Error(chunk.error.message);
    const piece = chunk.choices?.[0]?.delta?.content ?? "";
    text += piece;
    if (!json) process.stdout.write(piece);
  }
  out(json ? JSON.stringify({ model: call.model, text, generation: response.headers.get("flywheel-generation-id") }) : "");
  return text;
}

/** The `data:` payloads of a stream of server-sent events. */
async function* serverSentData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line.startsWith("data: ")) yield line.slice(6).trimEnd();
  }
}
