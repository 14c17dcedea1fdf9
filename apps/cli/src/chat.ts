import { createInterface } from "node:readline/promises";
import type { WireError } from "@flywheel/protocol";
import { harmless } from "@flywheel/store/commands";
import type { AppCommand, AppContext } from "./app-command.ts";
import { errorOf } from "./connect.ts";
import { eventData } from "./event-stream.ts";
import { publicApi } from "./public-api.ts";

interface Message {
  role: "user" | "assistant";
  content: string;
}

/** Where to ask, and as whom. */
interface Line {
  url: string;
  key: string;
  model: string;
}

/** `flywheel chat`: through the public API, like any other client. */
export const chatCommand: AppCommand = {
  usage: "chat [prompt]",
  summary: "talk to a model through the running server",
  options: [{ flags: "-m, --model <model>", description: "model or route to ask", default: "default" }],
  examples: ["flywheel chat", 'flywheel chat "I forgot my PIN"', "flywheel chat -m local/spark < questions.txt"],
  async run(context, [prompt], { model }) {
    const { url, key } = await publicApi(context.place);
    const line = { url: `${url}/chat/completions`, key, model: String(model) };
    if (prompt === undefined) return converse(context, line);
    await ask(context, line, [{ role: "user", content: prompt }]);
  },
};

/** Line by line, from a terminal or a pipe. Gives 1 where an answer to a pipe failed. */
async function converse(context: AppContext, line: Line): Promise<number> {
  const { note, signal } = context;
  const isTerminal = process.stdin.isTTY;
  const input = createInterface({
    input: process.stdin,
    output: process.stderr,
    terminal: isTerminal,
    historySize: 200,
  });
  signal.addEventListener("abort", () => input.close());
  const prompt = () => isTerminal && input.prompt();
  if (isTerminal) note(`${line.model} · Ctrl-D ends the conversation`);
  const history: Message[] = [];
  let exitCode = 0;
  prompt();
  for await (const content of input) {
    if (content.trim()) {
      history.push({ role: "user", content });
      try {
        history.push({ role: "assistant", content: await ask(context, line, history) });
      } catch (error) {
        if (signal.aborted) break;
        history.pop();
        note(`flywheel: ${(error as Error).message}`);
        if (!isTerminal) exitCode = 1;
      }
    }
    prompt();
  }
  return exitCode;
}

/** Prints the answer while it comes, or as one line of JSON once it is there. */
async function ask({ out, json, signal }: AppContext, { url, key, model }: Line, messages: Message[]): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages, stream: true }),
    signal,
  });
  if (!response.ok) throw await errorOf(response);
  let text = "";
  for await (const data of eventData(response.body!)) {
    if (data === "[DONE]") break;
    const chunk = JSON.parse(data) as { choices?: { delta?: { content?: string } }[]; error?: WireError["error"] };
    if (chunk.error) throw new Error(chunk.error.message);
    const piece = chunk.choices?.[0]?.delta?.content ?? "";
    text += piece;
    if (!json) process.stdout.write(process.stdout.isTTY ? harmless(piece) : piece);
  }
  out(json ? JSON.stringify({ model, text, generation: response.headers.get("flywheel-generation-id") }) : "");
  return text;
}
