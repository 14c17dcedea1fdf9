import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { CreatedKey } from "@flywheel/protocol";
import { rolldown } from "rolldown";
import type { Flywheel } from "../../system/flywheel.ts";

/** A support desk on an origin of its own: a page, and the server that asks for its suggestions. */
export interface Desk {
  address: string;
  /** The last suggestion's. */
  generation(): string;
  close(): Promise<void>;
}

/** @param question what the next suggestion is asked with, and for whom */
export async function startDesk(flywheel: Flywheel, question: () => { user: string; body: object }): Promise<Desk> {
  const bundled = bundle();
  let generation = "";
  const server = createServer((request, response) => {
    void answer(request.url!).then(([type, body, headers]) =>
      response.writeHead(200, { "content-type": type, ...headers }).end(body),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { secret: key } = await flywheel.api<CreatedKey>("/api/keys", { name: "desk", scopes: ["events"], origins: [address] }); // prettier-ignore

  async function answer(path: string): Promise<[type: string, body: string, headers?: Record<string, string>]> {
    if (path === "/page.js") return ["text/javascript", await bundled];
    if (path === "/settings") return ["application/json", JSON.stringify({ url: flywheel.origin, key })];
    if (path === "/suggestion") return suggestion();
    return ["text/html", readFileSync(new URL("./page.html", import.meta.url), "utf8")];
  }

  /** What the desk's own server does: ask with its secret key, pass on the answer and its token. */
  async function suggestion(): Promise<[string, string, Record<string, string>]> {
    const { user, body } = question();
    const response = await fetch(`${flywheel.baseUrl}/chat/completions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${flywheel.key}`,
        "content-type": "application/json",
        "flywheel-user-id": user,
      },
      body: JSON.stringify(body),
    });
    generation = response.headers.get("flywheel-generation-id")!;
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
    const token = response.headers.get("flywheel-generation-token")!;
    return ["text/plain", choices[0]!.message.content, { "flywheel-generation-token": token }];
  }

  return {
    address,
    generation: () => generation,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function bundle(): Promise<string> {
  const input = new URL("./page.ts", import.meta.url).pathname;
  const define = { "process.env.NODE_ENV": '"production"' };
  const build = await rolldown({ input, platform: "browser", transform: { define } });
  return (await build.generate({ format: "esm", codeSplitting: false })).output[0].code;
}
