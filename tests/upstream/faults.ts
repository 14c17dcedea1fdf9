import { gzipSync } from "node:zlib";
import { contentEvents, DONE_EVENT, HOSTILE_TEXT } from "./answers.ts";
import type { Scene } from "./scene.ts";

export type Fault = (scene: Scene) => void;

const SSE = { "content-type": "text/event-stream; charset=utf-8" };
const JSON_TYPE = { "content-type": "application/json" };
const TEXT_TYPE = { "content-type": "text/plain" };

/** Chosen by the model's name, see `server.ts`. The same for every dialect. */
export const FAULTS = {
  ok: (scene) => (scene.stream ? streamed(scene, scene.events.join("")) : answer(scene, 200, scene.whole)),

  // Slow, and yet whole.
  slow: (scene) => {
    if (!scene.stream) return void setTimeout(() => answer(scene, 200, scene.whole), 100);
    drip(scene, (index) => scene.events[index], 20);
  },
  "slow-head": (scene) => void setTimeout(() => FAULTS.ok(scene), 100),
  "late-close": (scene) => streamedThen(scene, scene.events, () => {}),
  bytewise: (scene) => {
    const bytes = Buffer.from(scene.stream ? scene.events.join("") : scene.whole);
    scene.res.writeHead(200, scene.stream ? SSE : JSON_TYPE);
    for (let i = 0; i < bytes.length; i++) scene.res.write(bytes.subarray(i, i + 1));
    scene.res.end();
  },

  // Other ways to write an event stream, all of them allowed.
  crlf: (scene) => streamed(scene, `\ufeff: hello\r\n\r\n${withNewlines(scene, "\r\n")}`),
  cr: (scene) => streamed(scene, withNewlines(scene, "\r")),
  bom: (scene) => streamed(scene, `\ufeff${scene.events.join("")}`),
  comments: (scene) => streamed(scene, [": waiting\n\n", ": still\n\n", ...scene.events].join("")),
  "no-space": (scene) => streamed(scene, withNewlines(scene, "\n").replace(/^data: /gm, "data:")),
  "odd-fields": (scene) =>
    streamed(scene, withNewlines(scene, "\n").replace(/^data: /gm, "id: 7\nretry: 10\nnonsense\n$&")),
  "multi-line": (scene) => streamed(scene, withNewlines(scene, "\n").replace(/^(data: \{"[^"]+":)/gm, "$1\ndata: ")),

  // An end that is not quite one.
  "no-usage": (scene) => streamed(scene, scene.events.filter((event) => !event.includes('"choices":[]')).join("")),
  "no-done": (scene) => streamed(scene, scene.events.slice(0, -1).join("")),
  "bare-done": (scene) => streamed(scene, scene.events.join("").trimEnd()),
  "after-done": (scene) =>
    streamed(scene, scene.events.join("") + scene.events[scene.cut - 1]!.replace(/:"[^"]*"/g, ':"intruder"')),

  /** With `tool` or `tools`: arguments nested 50,000 levels. */
  deep: (scene) => {
    const bury = (text: string): string => text.replace(/"lines":\[/, `$&${"[".repeat(50_000)}${"]".repeat(50_000)},`);
    if (scene.stream) streamed(scene, scene.events.map(bury).join(""));
    else answer(scene, 200, bury(scene.whole));
  },

  /** A megabyte of what a page or a terminal must not act on; in the chat dialect only. */
  hostile: (scene) => streamed(scene, [...contentEvents("hostile", HOSTILE_TEXT), DONE_EVENT].join("")),

  // Breaks in the middle.
  truncated: (scene) => streamed(scene, sofar(scene)),
  "truncated-event": (scene) =>
    streamed(scene, sofar(scene) + scene.events[scene.cut]!.slice(0, Math.floor(scene.events[scene.cut]!.length / 2))),
  /** `cut@120`: the first 120 bytes, then a proper end of the HTTP body. */
  cut: (scene) => {
    const bytes = Buffer.from(scene.stream ? scene.events.join("") : scene.whole).subarray(0, Number(scene.argument));
    scene.res.writeHead(200, scene.stream ? SSE : JSON_TYPE);
    scene.res.end(bytes);
  },
  reset: (scene) => streamedThen(scene, scene.events.slice(0, scene.cut), () => scene.socket.resetAndDestroy()),
  "hang-mid": (scene) => streamedThen(scene, scene.events.slice(0, scene.cut), () => {}),
  "malformed-event": (scene) =>
    streamed(scene, `${sofar(scene)}data: {"oops":\n\n${scene.events.slice(scene.cut).join("")}`),
  "error-event": (scene) => streamed(scene, sofar(scene) + scene.errorEvent),
  "error-first": (scene) => streamed(scene, scene.errorEvent),
  "empty-stream": (scene) => streamed(scene, ""),
  "truncated-body": (scene) =>
    raw(
      scene,
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(scene.whole)}\r\n\r\n${scene.whole.slice(0, 60)}`,
    ),

  // Too much.
  endless: (scene) => drip(scene, () => scene.events[scene.cut - 1], 5),
  /** 60 MB, as fast as it is read. */
  flood: (scene) => pour(scene, scene.events[scene.cut - 1]!.repeat(300)),
  /** 60 MB in one line. */
  "huge-line": (scene) => {
    scene.res.writeHead(200, SSE);
    scene.res.write(`${scene.events[0]}data: {"choices":"`);
    pour(scene, "x".repeat(64 * 1024));
  },
  /** 60 MB before the first line is over. */
  "huge-first-line": (scene) => pour(scene, "x".repeat(64 * 1024)),
  "huge-error": (scene) => answer(scene, 500, "x".repeat(5 * 1024 * 1024), TEXT_TYPE),
  "huge-json-error": (scene) => answer(scene, 500, scene.errorBody(500, "x".repeat(5 * 1024 * 1024))),
  "many-headers": (scene) =>
    raw(scene, `HTTP/1.1 200 OK\r\n${"x-more: and more\r\n".repeat(20_000)}content-length: 2\r\n\r\n{}`),
  gzip: (scene) =>
    answer(scene, 200, "\x1f\x8b not really", { "content-type": "application/json", "content-encoding": "gzip" }),
  /** 200 MB of spaces in 200 kB. */
  bomb: (scene) => {
    const type = scene.stream ? SSE : JSON_TYPE;
    scene.res.writeHead(200, { ...type, "content-encoding": "gzip", "content-length": String(bomb().length) });
    scene.res.end(bomb());
  },

  // Nothing, or nothing of use.
  hang: () => {},
  "hang-after-head": (scene) => {
    scene.res.writeHead(200, scene.stream ? SSE : JSON_TYPE);
    scene.res.flushHeaders();
  },
  "reset-before-head": (scene) => scene.socket.resetAndDestroy(),
  "400": (scene) => answer(scene, 400, scene.errorBody(400, "messages[0] is odd")),
  "401": (scene) => answer(scene, 401, scene.errorBody(401, "bad provider key")),
  "429": (scene) =>
    answer(scene, 429, scene.errorBody(429, "slow down"), {
      ...JSON_TYPE,
      "retry-after": "7",
      "x-ratelimit-remaining-requests": "0",
    }),
  "429-ms": (scene) =>
    answer(scene, 429, scene.errorBody(429, "slow down"), { ...JSON_TYPE, "retry-after-ms": "7000" }),
  "500": (scene) => answer(scene, 500, scene.errorBody(500, "it broke")),
  "503": (scene) => answer(scene, 503, scene.errorBody(503, "no capacity")),
  "529": (scene) => answer(scene, 529, scene.errorBody(529, "overloaded")),
  "500-text": (scene) => answer(scene, 500, "Internal Server Error", TEXT_TYPE),
  "503-flat": (scene) => answer(scene, 503, JSON.stringify({ error: "model is loading" })),
  html: (scene) => answer(scene, 200, "<!doctype html><title>Sign in</title>", { "content-type": "text/html" }),
  garbage: (scene) => answer(scene, 200, "{{{{ not json"),
  "json-error-200": (scene) => answer(scene, 200, scene.errorBody(429, "quota used up")),
  "json-to-stream": (scene) => answer(scene, 200, scene.whole),
  "not-http": (scene) => raw(scene, "SSH-2.0-OpenSSH_9.2\r\n\r\n"),
  "two-lengths": (scene) => raw(scene, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 5\r\n\r\n{}{}{"),
  "length-and-chunked": (scene) =>
    raw(scene, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
  redirect: (scene) => answer(scene, 302, "", { location: "http://169.254.169.254/latest" }),
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

function sofar(scene: Scene): string {
  return scene.events.slice(0, scene.cut).join("");
}

/** The whole stream with other ends of lines; the fixtures of some dialects have CRLF themselves. */
function withNewlines(scene: Scene, newline: string): string {
  return scene.events.join("").replaceAll("\r\n", "\n").replaceAll("\n", newline);
}

function streamed(scene: Scene, text: string): void {
  scene.res.writeHead(200, SSE);
  scene.res.end(text);
}

function streamedThen(scene: Scene, parts: readonly string[], then: () => void): void {
  scene.res.writeHead(200, SSE);
  for (const part of parts) scene.res.write(part);
  setImmediate(then);
}

function answer(scene: Scene, status: number, body: string, headers: Record<string, string> = JSON_TYPE): void {
  if (scene.res.destroyed) return;
  scene.res.writeHead(status, { "content-length": String(Buffer.byteLength(body)), ...headers });
  scene.res.end(body);
}

function raw(scene: Scene, text: string): void {
  scene.socket.end(text);
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

/** 60 MB of a block, then the end of the stream. */
function pour(scene: Scene, block: string): void {
  if (!scene.res.headersSent) scene.res.writeHead(200, SSE);
  let left = Math.ceil(60e6 / block.length);
  const pump = (): void => {
    while (left-- > 0) if (!scene.res.write(block)) return void scene.res.once("drain", pump);
    scene.res.end(scene.events.at(-1));
  };
  pump();
}

let made: Buffer | undefined;
/** A gzip file may be made of several, and making one of 10 MB takes no time. */
const bomb = (): Buffer => (made ??= Buffer.concat(Array(20).fill(gzipSync(Buffer.alloc(10 * 1024 * 1024, 0x20)))));
