import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface EchoUpstream {
  port: number;
  /** How many calls it would send a bill for. */
  calls(): number;
  close(): void;
}

/** An OpenAI-compatible server that answers with a text of its own for every call, slowly enough to be interrupted. */
export async function echoUpstream(random: () => number): Promise<EchoUpstream> {
  let calls = 0;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk as string;
    const { stream, messages } = JSON.parse(body) as { stream?: boolean; messages: { content: string }[] };
    const words =
      `Answer ${++calls} to "${messages[0]!.content}" · héllo 🎡 ${createHash("md5").update(String(calls)).digest("hex")}`.split(
        " ",
      );
    const base = { id: `chatcmpl-${calls}`, created: 1, model: "echo" };
    const usage = { prompt_tokens: 9, completion_tokens: words.length, total_tokens: 9 + words.length };
    if (!stream) {
      await sleep(20 + random() * 100);
      const message = { role: "assistant", content: words.join(" "), refusal: null };
      response.writeHead(200, { "content-type": "application/json" });
      return response.end(
        JSON.stringify({
          ...base,
          object: "chat.completion",
          choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
          usage,
        }),
      );
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (choices: object[], extra = {}) =>
      response.write(`data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", choices, ...extra })}\n\n`);
    for (const [index, word] of words.entries()) {
      send([{ index: 0, delta: { content: index ? ` ${word}` : word }, finish_reason: null }]);
      await sleep(5 + random() * 30);
    }
    send([{ index: 0, delta: {}, finish_reason: "stop" }]);
    send([], { usage });
    response.end("data: [DONE]\n\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    calls: () => calls,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
