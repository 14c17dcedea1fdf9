import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type ControlClient, type ErrorCode, ERRORS, FlywheelError, type WireError } from "@flywheel/protocol";
import {
  isFolderLocked,
  openDataFolder,
  readRunFile,
  type RunFile,
  startSupervisor,
  studioToken,
} from "@flywheel/server";
import { eventData } from "./event-stream.ts";
import type { Place } from "./place.ts";

/** A control API to talk to, and how to let go of it. */
export interface Connection {
  client: ControlClient;
  close(): Promise<void>;
}

/** The server that runs on this data folder; where none does, one without a gateway for as long as the command takes. */
export async function connect(place: Place): Promise<Connection> {
  const { projectDir, dataDir } = place;
  const running = await runningServer(dataDir);
  if (running) return { client: controlClient(running.control_url, tokenOf(place)), close: async () => {} };
  const own = await startSupervisor({
    mode: "start",
    projectDir,
    dataDir,
    host: "127.0.0.1",
    port: 0,
    workers: 0,
    allowHosts: [],
  });
  return { client: controlClient(own.controlUrl, tokenOf(place)), close: () => own.stop() };
}

const STARTING_MS = 20_000;

/**
 * Where the running server of a data folder answers; `undefined` where none runs. One that is starting is waited for,
 * and so is another command that has the folder for itself: it would be gone in the middle.
 */
export async function runningServer(dataDir: string): Promise<RunFile | undefined> {
  const deadline = Date.now() + STARTING_MS;
  while (existsSync(dataDir) && isFolderLocked(dataDir)) {
    const run = readRunFile(dataDir);
    if (run?.base_url) return run;
    if (Date.now() > deadline)
      throw new FlywheelError("conflict", {
        reason: `Another flywheel on ${dataDir} is still starting or busy. Try again.`,
      });
    await sleep(50);
  }
  return undefined;
}

const tokenOf = (place: Place) => studioToken(openDataFolder(place.dataDir));

/** The control API over HTTP. Errors come back as the `FlywheelError` they were. */
function controlClient(url: string, token: string): ControlClient {
  async function call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const response = await fetch(url + path, { method, headers, ...sent, signal }).catch((cause: unknown) => {
      throw new FlywheelError("server_unavailable", {}, { cause });
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  }
  const json = async <T>(method: string, path: string, body?: unknown) =>
    (await (await call(method, path, body)).json()) as T;
  return {
    get: (path) => retryWhileOpening(() => json("GET", path)),
    post: (path, body) => json("POST", path, body),
    delete: (path) => retryWhileOpening(() => json("DELETE", path)),
    async *events<T>(path: string, signal: AbortSignal) {
      const response = await call("GET", path, undefined, signal);
      for await (const data of eventData(response.body!)) yield JSON.parse(data) as T;
    },
  };
}

const OPENING = new Set<ErrorCode>(["store_unavailable", "server_unavailable"]);

/** A log store that was just started opens within a second or two, and so does a server process that died. */
async function retryWhileOpening<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries >= 100 || !(error instanceof FlywheelError) || !OPENING.has(error.code)) throw error;
      await sleep(100);
    }
  }
}

/** The error that an answer of ours carries. */
export async function errorOf(response: Response): Promise<FlywheelError> {
  const unknown: WireError["error"] = { type: "", param: null, code: "internal", message: `HTTP ${response.status}` };
  const { error } = (await response.json().catch(() => ({ error: unknown }))) as WireError;
  const code = (error.code in ERRORS ? error.code : "internal") as ErrorCode;
  const made = new FlywheelError(code, {}, error.param === null ? {} : { param: error.param });
  made.message = error.message;
  return made;
}
