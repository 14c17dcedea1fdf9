import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { DONE_EVENT, HOSTILE_TEXT, completion, contentEvents, usageEvent } from "./answers.ts";

/** One request at the scripted provider. */
export interface Scene {
  model: string;
  stream: boolean;
  includeUsage: boolean;
  res: ServerResponse;
  socket: Socket;
}

export type Fault = (scene: Scene) => void;

const SSE = { "content-type": "text/event-stream; charset=utf-8" };
const JSON_TYPE = { "content-type": "application/json" };

function events(scene: Scene): string[] {
  return [...contentEvents(scene.model), ...(scene.includeUsage ? [usageEvent(scene.model)] : [])];
}

function streamThen(scene: Scene, parts: readonly string[], then: () => void): void {
  scene.res.writeHead(200, SSE);
  for (const part of parts) scene.res.write(part);
  setImmediate(then);
}

function answer(scene: Scene, status: number, body: string, headers: Record<string, string> = JSON_TYPE): void {
  scene.res.writeHead(status, { "content-length": String(Buffer.byteLength(body)), ...headers });
  scene.res.end(body);
}

function raw(scene: Scene, text: string): void {
  scene.socket.end(text);
}

function errorBody(message: string, code: string): string {
  return JSON.stringify({ error: { message, type: "scripted_error", param: null, code } });
}

/** One event every `ms` until there is no next one or the client goes away. */
function drip(scene: Scene, next: (index: number) => string | undefined, ms: number): void {
  scene.res.writeHead(200, SSE);
  let index = 0;
  const timer = setInterval(() => {
    const event = scene.socket.destroyed ? undefined : next(index++);
    if (event !== undefined) return void scene.res.write(event);
    clearInterval(timer);
    scene.res.end();
  }, ms);
}

/** Chosen by the model name, also after a slash or with a `:suffix`. Everything not in the table answers well. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  ok: (scene) => {
    if (!scene.stream) return answer(scene, 200, completion(scene.model));
    scene.res.writeHead(200, SSE);
    scene.res.end([...events(scene), DONE_EVENT].join(""));
  },
  slow: (scene) => {
    const list = [...events(scene), DONE_EVENT];
    drip(scene, (index) => list[index], 20);
  },
  endless: (scene) => drip(scene, () => contentEvents(scene.model)[1], 5),
  /** 60 MB, as fast as it is read. */
  flood: (scene) => {
    scene.res.writeHead(200, SSE);
    const block = contentEvents(scene.model)[1]!.repeat(300);
    let left = Math.ceil(60e6 / block.length);
    const pump = (): void => {
      while (left-- > 0) if (!scene.res.write(block)) return void scene.res.once("drain", pump);
      scene.res.end(DONE_EVENT);
    };
    pump();
  },
  hang: () => {},
  "hang-after-head": (scene) => {
    scene.res.writeHead(200, scene.stream ? SSE : JSON_TYPE);
    scene.res.flushHeaders();
  },
  "hang-mid": (scene) => streamThen(scene, contentEvents(scene.model).slice(0, 3), () => {}),
  bytewise: (scene) => {
    scene.res.writeHead(200, SSE);
    const bytes = Buffer.from([...events(scene), DONE_EVENT].join(""));
    for (let i = 0; i < bytes.length; i++) scene.res.write(bytes.subarray(i, i + 1));
    scene.res.end();
  },
  crlf: (scene) => {
    scene.res.writeHead(200, SSE);
    scene.res.end(`\ufeff: hello\r\n\r\n${[...events(scene), DONE_EVENT].join("").replaceAll("\n", "\r\n")}`);
  },
  cr: (scene) => {
    scene.res.writeHead(200, SSE);
    scene.res.end([...events(scene), DONE_EVENT].join("").replaceAll("\n", "\r"));
  },
  comments: (scene) => {
    scene.res.writeHead(200, SSE);
    scene.res.end([": waiting\n\n", ": still\n\n", ...events(scene), DONE_EVENT].join(""));
  },
  "no-usage": (scene) => {
    scene.res.writeHead(200, SSE);
    scene.res.end([...contentEvents(scene.model), DONE_EVENT].join(""));
  },
  "no-done": (scene) => {
    scene.res.writeHead(200, SSE);
    scene.res.end(events(scene).join(""));
  },
  "bare-done": (scene) => {
    scene.res.writeHead(200, SSE);
    scene.res.end([...events(scene), "data: [DONE]"].join(""));
  },
  "after-done": (scene) => {
    scene.res.writeHead(200, SSE);
    scene.res.end([...events(scene), DONE_EVENT, contentEvents("intruder")[1]!].join(""));
  },
  "late-close": (scene) => streamThen(scene, [...events(scene), DONE_EVENT], () => {}),
  truncated: (scene) => {
    scene.res.writeHead(200, SSE);
    scene.res.end(contentEvents(scene.model).slice(0, 4).join(""));
  },
  "truncated-event": (scene) => {
    scene.res.writeHead(200, SSE);
    scene.res.end(`${contentEvents(scene.model).slice(0, 3).join("")}data: {"id":"chatcmpl`);
  },
  reset: (scene) => streamThen(scene, contentEvents(scene.model).slice(0, 4), () => scene.socket.resetAndDestroy()),
  "reset-before-head": (scene) => scene.socket.resetAndDestroy(),
  "truncated-body": (scene) => {
    const body = completion(scene.model);
    raw(
      scene,
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body.slice(0, 60)}`,
    );
  },
  hostile: (scene) => {
    scene.res.writeHead(200, SSE);
    scene.res.end([...contentEvents(scene.model, HOSTILE_TEXT), DONE_EVENT].join(""));
  },
  "error-event": (scene) => {
    scene.res.writeHead(200, SSE);
    scene.res.end(
      `${contentEvents(scene.model).slice(0, 3).join("")}data: ${errorBody("the model fell over", "model_error")}\n\n`,
    );
  },
  "error-first": (scene) => {
    scene.res.writeHead(200, SSE);
    scene.res.end(`data: ${errorBody("no capacity", "capacity")}\n\n`);
  },
  "400": (scene) => answer(scene, 400, errorBody("messages[0] is odd", "odd_message")),
  "401": (scene) => answer(scene, 401, errorBody("bad provider key", "invalid_api_key")),
  "429": (scene) =>
    answer(scene, 429, errorBody("slow down", "rate_limit_exceeded"), {
      ...JSON_TYPE,
      "retry-after": "7",
      "x-ratelimit-remaining-requests": "0",
    }),
  "500": (scene) => answer(scene, 500, errorBody("it broke", "server_error")),
  "500-text": (scene) => answer(scene, 500, "Internal Server Error", { "content-type": "text/plain" }),
  "503-flat": (scene) => answer(scene, 503, JSON.stringify({ error: "model is loading" })),
  "huge-error": (scene) => answer(scene, 500, "x".repeat(5 * 1024 * 1024), { "content-type": "text/plain" }),
  html: (scene) => answer(scene, 200, "<!doctype html><title>Sign in</title>", { "content-type": "text/html" }),
  garbage: (scene) => answer(scene, 200, "{{{{ not json", JSON_TYPE),
  "json-error-200": (scene) => answer(scene, 200, errorBody("quota used up", "quota")),
  "not-http": (scene) => raw(scene, "SSH-2.0-OpenSSH_9.2\r\n\r\n"),
  "two-lengths": (scene) => raw(scene, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 5\r\n\r\n{}{}{"),
  "length-and-chunked": (scene) =>
    raw(scene, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
  redirect: (scene) => answer(scene, 302, "", { location: "http://169.254.169.254/latest" }),
  gzip: (scene) =>
    answer(scene, 200, "\x1f\x8b not really", { "content-type": "application/json", "content-encoding": "gzip" }),
};
