import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { startUpstream } from "../../../tests/upstream/server.ts";
import type { ScriptedUpstream } from "../../../tests/upstream/server.ts";
import { SECRET, send, sendRaw, startGateway } from "../test/running-gateway.ts";
import type { RunningGateway } from "../test/running-gateway.ts";

let upstream: ScriptedUpstream;
let running: RunningGateway;

before(async () => {
  upstream = await startUpstream();
  const up = { base_url: `${upstream.origin}/v1`, api_key_env: "", headers: {}, models: [] };
  running = await startGateway(
    { providers: { up: { ...up, dialect: "openai-chat" } } },
    { limits: { head_ms: 600, upload_ms: 900, body_bytes: 100_000 } },
  );
});
after(async () => {
  await running.stop();
  await upstream.close();
});
beforeEach(() => {
  upstream.seen.length = 0;
  running.recorder.reset();
});

const auth = `authorization: Bearer ${SECRET}\r\n`;
const host = "host: localhost\r\n";
const body = '{"model":"up/ok","messages":[]}';
const length = `content-length: ${body.length}\r\n`;
const chunked = "transfer-encoding: chunked\r\n";
const post = (headers: string, rest = body): string =>
  `POST /v1/chat/completions HTTP/1.1\r\n${headers}content-type: application/json\r\nconnection: close\r\n\r\n${rest}`;
const inChunks = (extension = ""): string => `${body.length.toString(16)}${extension}\r\n${body}\r\n0\r\n\r\n`;
const many = (count: number): string => "x:\r\n".repeat(count);

describe("requests that two programs could read differently", () => {
  const cases: [what: string, text: string | Buffer, status: number][] = [
    ["two Host headers", post(`${host}host: evil\r\n${auth}${length}`), 400],
    ["two Authorization headers", post(`${host}${auth}${auth}${length}`), 400],
    ["two x-api-key headers", post(`${host}x-api-key: a\r\nx-api-key: ${SECRET}\r\n${length}`), 400],
    ["two content types", post(`${host}${auth}content-type: text/plain\r\n${length}`), 400],
    ["no Host", post(`${auth}${length}`), 400],
    ["a foreign Host", post(`host: evil.example\r\n${auth}${length}`), 403],
    ["an absolute request target", post(`${host}${auth}${length}`).replace("/v1", "http://localhost/v1"), 400],
    ["an asterisk for a target", post(`${host}${auth}${length}`).replace("/v1/chat/completions", "*"), 400],
    ["content-length and chunked", post(`${host}${auth}${length}${chunked}`, inChunks()), 400],
    ["chunked twice", post(`${host}${auth}transfer-encoding: chunked, chunked\r\n`, inChunks()), 400],
    ["chunked in two headers", post(`${host}${auth}${chunked}transfer-encoding: identity\r\n`, inChunks()), 400],
    ["two lengths", post(`${host}${auth}${length}content-length: 3\r\n`), 400],
    ["the same length twice", post(`${host}${auth}${length}${length}`), 400],
    ["a list of lengths", post(`${host}${auth}content-length: ${body.length}, ${body.length}\r\n`), 400],
    ["a length with a sign", post(`${host}${auth}content-length: +${body.length}\r\n`), 400],
    ["a length in hexadecimal", post(`${host}${auth}content-length: 0x1f\r\n`), 400],
    ["a length beyond all numbers", post(`${host}${auth}content-length: 99999999999999999999999\r\n`), 400],
    ["chunked, identity", post(`${host}${auth}transfer-encoding: chunked, identity\r\n`, "0\r\n\r\n"), 400],
    ["xchunked", post(`${host}${auth}transfer-encoding: xchunked\r\n`, "0\r\n\r\n"), 400],
    ["a vertical tab before chunked", post(`${host}${auth}transfer-encoding: \vchunked\r\n`, inChunks()), 400],
    ["a space before the colon", post(`${host}${auth}content-length : ${body.length}\r\n`), 400],
    ["a folded header", post(`${host}${auth}x-a: b\r\n c\r\n${length}`), 400],
    ["a negative length", post(`${host}${auth}content-length: -1\r\n`), 400],
    ["a NUL in a header", post(`${host}${auth}x-a: \0\r\n${length}`), 400],
    ["a CR alone in a header", post(`${host}${auth}x-a: a\rb: c\r\n${length}`), 400],
    ["a NUL in the path", post(`${host}${auth}${length}`).replace("/v1/chat", "/v1\0/chat"), 400],
    ["bytes above ASCII in a header's name", Buffer.from(post(`${host}${auth}x-\xff: a\r\n${length}`), "latin1"), 400],
    ["17 kB of headers", post(`${host}${auth}x-a: ${"a".repeat(17_000)}\r\n${length}`), 431],
    ["17 kB of path", post(`${host}${auth}${length}`).replace("/v1", `/${"a".repeat(17_000)}`), 431],
    ["300 headers", post(`${many(300)}${host}${auth}${length}`), 431],
    ["3,000 headers, the important ones last", post(`${many(3000)}${host}${auth}${auth}${length}`), 431],
    ["bare LF", post(`${host}${auth}${length}`).replaceAll("\r\n", "\n"), 400],
    ["a chunk's size that is none", post(`${host}${auth}${chunked}`, "zz\r\n{}\r\n0\r\n\r\n"), 400],
    [
      "a chunk's size beyond all numbers",
      post(`${host}${auth}${chunked}`, "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
      400,
    ],
    ["a chunk longer than it says", post(`${host}${auth}${chunked}`, `5\r\n${body}\r\n0\r\n\r\n`), 400],
    ["20 kB of chunk extension", post(`${host}${auth}${chunked}`, inChunks(`;a=${"b".repeat(20_000)}`)), 413],
    ["a bare LF after a chunk's size", post(`${host}${auth}${chunked}`, inChunks().replaceAll("\r\n", "\n")), 400],
    ["an odd version", post(`${host}${auth}${length}`).replace("HTTP/1.1", "HTTP/9.9"), 400],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    ["a TLS hello", Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), 400],
    ["an expectation there is none of", post(`${host}${auth}${length}expect: miracles\r\n`), 400],
  ];
  for (const [what, text, status] of cases) {
    test(`${what}: ${status}, in our error shape, and no call`, async () => {
      const answer = await sendRaw(running.port, [text]);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), answer.slice(0, 100));
      assert.match(answer, /"error":\{"message":.+,"type":.+,"param":.+,"code":/);
      assert.doesNotMatch(answer, /HTTP\/1\.1 200/);
      assert.deepEqual([upstream.seen.length, running.recorder.log.length], [0, 0]);
    });
  }

  test("a chunked body, a small chunk extension, trailers and pipelining are fine", async () => {
    const head = `POST /v1/chat/completions HTTP/1.1\r\n${host}${auth}content-type: application/json\r\n${chunked}\r\n`;
    const trailers = `${inChunks(";a=b").slice(0, -2)}authorization: Bearer nobody\r\n\r\n`;
    const answer = await sendRaw(running.port, [head + trailers + post(`${host}${auth}${length}`)]);
    assert.equal(answer.match(/HTTP\/1\.1 200/g)?.length, 2);
    assert.equal(running.recorder.ends().length, 2);
  });

  test("what follows a refused request on its connection is not read as another", async () => {
    const smuggled = post(`${host}${auth}${length}`);
    const answer = await sendRaw(running.port, [post(`${host}${auth}${length}${chunked}`, `0\r\n\r\n${smuggled}`)]);
    assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1);
    assert.equal(upstream.seen.length, 0);
  });

  test("an upgrade to another protocol is not made: it is a request like others", async () => {
    const upgrade = `connection: upgrade\r\nupgrade: websocket\r\n`;
    const text = `POST /v1/chat/completions HTTP/1.1\r\n${host}${auth}${length}content-type: application/json\r\n${upgrade}\r\n${body}`;
    assert.match(await sendRaw(running.port, [text], { quiet_ms: 500 }), /^HTTP\/1\.1 (200|400)/);
  });

  for (const method of ["CONNECT", "TRACE", "OPTIONS", "HEAD", "BREW"])
    test(`${method} is refused, and the connection with it or not, but nothing waits`, async () => {
      const target = method === "CONNECT" ? "evil.example:443" : "/v1/chat/completions";
      const answer = await sendRaw(running.port, [
        `${method} ${target} HTTP/1.1\r\n${host}${auth}connection: close\r\n\r\n`,
      ]);
      assert.match(answer, /^(HTTP\/1\.1 4\d\d |$)/);
    });
});

describe("a client that waits for `100 Continue`", () => {
  const waiting = (key: string, announced: number): string =>
    `POST /v1/chat/completions HTTP/1.1\r\n${host}authorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${announced}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n`;

  test("is told to go on, and answered", async () => {
    const answer = await sendRaw(running.port, [waiting(SECRET, body.length), body]);
    assert.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });

  test("is refused before it sends anything where its key, or its size, is not good", async () => {
    assert.match(await sendRaw(running.port, [waiting("fw_dev_nobody", body.length)]), /^HTTP\/1\.1 401 /);
    assert.match(await sendRaw(running.port, [waiting(SECRET, 1_000_000)]), /^HTTP\/1\.1 413 /);
  });
});

describe("a client that takes its time", () => {
  const drops = (text: string): Iterable<string> => Array.from(text).values();

  test("over its headers is cut off with 408, and hurts nobody meanwhile", async () => {
    const slow = sendRaw(running.port, drops(post(`${host}${auth}${length}`)), { quiet_ms: 20_000 });
    assert.equal((await send({ port: running.port, body })).status, 200);
    assert.match(await slow, /^HTTP\/1\.1 408 /);
  });

  test("over its body is cut off with 408, and leaves no row", async () => {
    const [head, rest] = [post(`${host}${auth}${length}`, ""), body];
    const answer = await sendRaw(running.port, [head, ...drops(rest)], { quiet_ms: 20_000 });
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.equal(running.recorder.log.length, 0);
  });

  test("and says nothing at all is cut off, too, 200 of them as one", async () => {
    const silent = Array.from({ length: 200 }, () => sendRaw(running.port, ["POST / HT"], { quiet_ms: 20_000 }));
    assert.equal((await send({ port: running.port, body })).status, 200);
    for (const answer of await Promise.all(silent)) assert.match(answer, /^HTTP\/1\.1 408 /);
  });
});

describe("odd, but JSON", () => {
  const message = (content: string): string => `{"model":"up/ok","messages":[{"role":"user","content":${content}}]}`;

  test("half of a character and a NUL in a text go through as they are", async () => {
    for (const content of ['"\\ud83d"', '"a\\u0000b"', '"\\u202e\\ufeff"']) {
      assert.equal((await send({ port: running.port, body: message(content) })).status, 200);
      assert.ok(upstream.seen.at(-1)!.body.includes(content));
    }
  });

  test("a key `__proto__` is a key like others, and pollutes nothing", async () => {
    const odd = `{"model":"up/ok","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"messages":[]}`;
    assert.equal((await send({ port: running.port, body: odd })).status, 200);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  });

  test("a key twice is refused wherever it decides, however it is written", async () => {
    for (const again of [
      '"model":"up/500"',
      '"mod\\u0065l":"up/500"',
      '"messages":[]',
      '"stream":true,"stream":false',
    ]) {
      const answer = await send({ port: running.port, body: `{"model":"up/ok","messages":[],${again}}` });
      assert.equal(answer.status, 400, again);
      assert.match(answer.text, /occurs twice/);
    }
  });
});
