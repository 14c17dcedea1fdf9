import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MalformedResponse, ResponseParser } from "./response-parser.ts";

interface Read {
  status: number;
  body: string;
  complete: boolean;
  reusable: boolean;
}

/** Feed the bytes in pieces of `size`, then end the connection. */
function read(text: string, size = text.length): Read {
  const result: Read = { status: 0, body: "", complete: false, reusable: false };
  const parser = new ResponseParser({
    onHead: (status) => (result.status = status),
    onBody: (chunk) => (result.body += chunk.toString("latin1")),
    onComplete: () => (result.complete = true),
  });
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += size) parser.execute(bytes.subarray(at, at + size));
  result.reusable = parser.reusable;
  if (!result.complete) parser.finish();
  return result;
}

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

describe("a well-formed response", () => {
  const cases: [what: string, text: string, expected: Read][] = [
    [
      "with a length",
      `${OK}content-length: 5\r\n\r\nhello`,
      { status: 200, body: "hello", complete: true, reusable: true },
    ],
    ["without a body", "HTTP/1.1 204 No Content\r\n\r\n", { status: 204, body: "", complete: true, reusable: true }],
    ["of length 0", `${OK}content-length: 0\r\n\r\n`, { status: 200, body: "", complete: true, reusable: true }],
    [
      "in chunks",
      `${CHUNKED}2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n`,
      { status: 200, body: "hello", complete: true, reusable: true },
    ],
    [
      "with trailers",
      `${CHUNKED}A\r\n0123456789\r\n0\r\nx-sum: 1\r\n\r\n`,
      { status: 200, body: "0123456789", complete: true, reusable: true },
    ],
    [
      "after 100 and 103",
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}content-length: 1\r\n\r\n!`,
      { status: 200, body: "!", complete: true, reusable: true },
    ],
    [
      "that asks to close",
      `${OK}connection: close\r\ncontent-length: 1\r\n\r\n!`,
      { status: 200, body: "!", complete: true, reusable: false },
    ],
    ["ended by closing", `${OK}\r\nhello`, { status: 200, body: "hello", complete: true, reusable: false }],
    [
      "of HTTP/1.0",
      "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n!",
      { status: 200, body: "!", complete: true, reusable: false },
    ],
    [
      "without a reason phrase",
      "HTTP/1.1 200\r\ncontent-length: 1\r\n\r\n!",
      { status: 200, body: "!", complete: true, reusable: true },
    ],
  ];
  for (const [what, text, expected] of cases) {
    test(`${what} is read the same in one piece and byte by byte`, () => {
      assert.deepEqual(read(text), expected);
      assert.deepEqual(read(text, 1), expected);
      assert.deepEqual(read(text, 3), expected);
    });
  }
});

describe("a response that could be read in two ways", () => {
  const cases: [what: string, text: string][] = [
    ["both a length and chunks", `${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["two lengths", `${OK}content-length: 5\r\ncontent-length: 5\r\n\r\nhello`],
    ["a list of lengths", `${OK}content-length: 5, 5\r\n\r\nhello`],
    ["a signed length", `${OK}content-length: +5\r\n\r\nhello`],
    ["another transfer coding", `${OK}transfer-encoding: gzip, chunked\r\n\r\n`],
    ["chunked twice", `${OK}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n`],
    ["chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["a bare LF after the status", "HTTP/1.1 200 OK\ncontent-length: 1\r\n\r\n!"],
    ["bare LFs only", "HTTP/1.1 200 OK\ncontent-length: 1\n\n!"],
    ["a folded header", `${OK}x-a: b\r\n c\r\ncontent-length: 1\r\n\r\n!`],
    ["a space before the colon", `${OK}content-length : 1\r\n\r\n!`],
    ["a header without a name", `${OK}: 1\r\n\r\n`],
    ["a NUL in a header", `${OK}x-a: \0\r\n\r\n`],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["another protocol", "SSH-2.0-OpenSSH\r\n\r\n"],
    ["switched protocols", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
    ["a header of 70 kB", `${OK}x-a: ${"a".repeat(70_000)}\r\n\r\n`],
    ["endless interim responses", "HTTP/1.1 100 Continue\r\n\r\n".repeat(50)],
    ["a chunk size that is no number", `${CHUNKED}zz\r\n`],
    ["a chunk size of nine digits", `${CHUNKED}100000000\r\n`],
    ["a chunk size with a sign", `${CHUNKED}-1\r\n`],
    ["a chunk longer than its size", `${CHUNKED}2\r\nhello\r\n0\r\n\r\n`],
    ["a bare LF after a chunk size", `${CHUNKED}2\nhe\r\n0\r\n\r\n`],
    ["a bare LF after a chunk", `${CHUNKED}2\r\nhe\n0\r\n\r\n`],
    ["a chunk extension of 5 kB", `${CHUNKED}2;${"x".repeat(5000)}\r\nhe\r\n0\r\n\r\n`],
    ["trailers of 20 kB", `${CHUNKED}0\r\n${`x-a: ${"a".repeat(1000)}\r\n`.repeat(20)}\r\n`],
  ];
  for (const [what, text] of cases) {
    test(`${what}: refused`, () => {
      assert.throws(() => read(text), MalformedResponse);
      assert.throws(() => read(text, 1), MalformedResponse);
    });
  }
});

describe("a response that breaks off", () => {
  for (const text of [
    "HTTP/1.1 200",
    `${OK}content-length: 5\r\n\r\nhell`,
    `${CHUNKED}5\r\nhel`,
    `${CHUNKED}5\r\nhello\r\n`,
    `${CHUNKED}5\r\nhello\r\n0\r\n`,
  ]) {
    test(`is never complete: ${JSON.stringify(text.slice(-20))}`, () => assert.equal(read(text).complete, false));
  }
});

test("bytes beyond the end make a connection unfit for another request", () => {
  const result = read(`${OK}content-length: 1\r\n\r\n!HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil`);
  assert.deepEqual(result, { status: 200, body: "!", complete: true, reusable: false });
});

test("what the server promises about idle connections is known", () => {
  const parser = new ResponseParser({ onHead() {}, onBody() {}, onComplete() {} });
  parser.execute(Buffer.from(`${OK}keep-alive: max=100, timeout=5\r\ncontent-length: 0\r\n\r\n`));
  assert.equal(parser.keepAliveSeconds, 5);
});
