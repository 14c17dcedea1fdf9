import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ScriptedModel {
  url: string;
  /** Contents of the last message of every request that was answered. */
  asked: { model: string; text: string }[];
  /** So many requests are told to come back later. */
  busy: number;
  close(): void;
}

/** An OpenAI-compatible server that says what `say` says; `undefined` is a refusal (400), a number another status. */
export async function startModel(
  say: (model: string, text: string) => string | number | undefined,
): Promise<ScriptedModel> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const send = (status: number, body: unknown, headers = {}) =>
        response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
      if (request.method !== "POST") return send(404, { error: { message: "nothing here" } });
      if (scripted.busy > 0) {
        scripted.busy--;
        return send(429, { error: { message: "slow down" } }, { "retry-after": "0.05" });
      }
      const { model, messages, input } = JSON.parse(Buffer.concat(chunks).toString()) as { model: string; messages: { content: string }[]; input?: string[] }; // prettier-ignore
      if (input) return send(200, { data: input.map((text) => ({ embedding: [text.length, 1, text.includes("a") ? 5 : 0] })) }); // prettier-ignore
      const text = messages.at(-1)!.content;
      const content = say(model, text);
      scripted.asked.push({ model, text });
      if (typeof content !== "string") return send(content ?? 400, { error: { message: "I will not" } });
      send(200, { choices: [{ message: { role: "assistant", content } }] }, { "flywheel-generation-id": `gen_${scripted.asked.length}` }); // prettier-ignore
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const scripted: ScriptedModel = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    busy: 0,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return scripted;
}
