import { existsSync } from "node:fs";
import { type ControlClient, type ErrorCode, ERRORS, FlywheelError, type WireError } from "@flywheel/protocol";
import { isFolderLocked, openDataFolder, readRunFile, startSupervisor, studioToken } from "@flywheel/server";
import type { Place } from "./place.ts";

/** A control API to talk to, and how to let go of it. */
export interface Connection {
  client: ControlClient;
  /** Public address with `/v1` of the running server; "" where one was opened for this command alone. */
  baseUrl: string;
  close(): Promise<void>;
}

/** The server that runs on this data folder; where none does, one without a gateway for as long as the command takes. */
export async function connect(place: Place): Promise<Connection> {
  const running = runningServer(place.dataDir);
  if (running) return { client: controlClient(running.control_url, tokenOf(place)), baseUrl: running.base_url, close: async () => {} };
  const own = await startSupervisor({
    mode: "start",
    projectDir: place.projectDir,
    dataDir: place.dataDir,
    host: "127.0.0.1",
    port: 0,
    workers: 0,
    allowHosts: [],
  });
  return { client: controlClient(own.controlUrl, tokenOf(place)), baseUrl: "", close: () => own.stop() };
}

/** Where the running server of a data folder answers; `undefined` where none runs. */
export function runningServer(dataDir: string): ReturnType<typeof readRunFile> {
  return existsSync(dataDir) && isFolderLocked(dataDir) ? readRunFile(dataDir) : undefined;
}

const tokenOf = (place: Place) => studioToken(openDataFolder(place.dataDir));

/** The control API over HTTP. Errors come back as the `FlywheelError` they were. */
function controlClient(url: string, token: string): ControlClient {
  async function call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    }).catch((cause: unknown) => {
      throw new FlywheelError("store_unavailable", {}, { cause });
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  }
  const json = async <T>(method: string, path: string, body?: unknown) => (await (await call(method, path, body)).json()) as T;
  return {
    get: (path) => retryWhileOpening(() => json("GET", path)),
    post: (path, body) => json("POST", path, body),
    delete: (path) => json("DELETE", path),
    async *events<T>(path: string, signal: AbortSignal) {
      const response = await call("GET", path, undefined, signal);
      let rest = "";
      for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + text).split("\n\n");
        rest = blocks.pop()!;
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (data !== undefined) yield JSON.parse(data) as T;
        }
      }
    },
  };
}

/** A log store that was just started opens within a second or two. */
async function retryWhileOpening<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries >= 50 || !(error instanceof FlywheelError) || error.code !== "store_unavailable") throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function errorOf(response: Response): Promise<FlywheelError> {
  const { error } = (await response.json().catch(() => ({ error: { code: "internal", message: `HTTP ${response.status}` } }))) as WireError;
  const code = (error.code in ERRORS ? error.code : "internal") as ErrorCode;
  const made = new FlywheelError(code, {}, error.param === null ? {} : { param: error.param });
  made.message = error.message;
  return made;
}
