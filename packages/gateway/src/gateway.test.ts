import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { DEFAULT_CONFIG } from "@flywheel/protocol";
import type { BeginHead, Config, WireError } from "@flywheel/protocol";
import { DONE_EVENT, TEXT, completion, contentEvents, usageEvent } from "../../../tests/upstream/answers.ts";
import { startUpstream } from "../../../tests/upstream/server.ts";
import type { ScriptedUpstream } from "../../../tests/upstream/server.ts";
import { SECRET, chatBody, send as sendTo, startGateway as startWith } from "../test/running-gateway.ts";
import type { Answer, ArrayRecorder, RunningGateway, Sent } from "../test/running-gateway.ts";
import type { Gateway, GatewayOptions } from "./index.ts";

let upstream: ScriptedUpstream;
let gateway: Gateway;
let recorder: ArrayRecorder;
let port: number;
let closedPort: number;

before(async () => {
  upstream = await startUpstream();
  closedPort = await freePort();
  ({ gateway, recorder, port } = await startGateway());
});

after(async () => {
  await new Promise<void>((resolve) => gateway.drain(resolve));
  await upstream.close();
});

beforeEach(() => {
  upstream.seen.length = 0;
  upstream.onRequest = undefined;
  recorder.reset();
});

function makeConfig(): Config {
  const provider = (base_url: string): Config["providers"][string] => ({
    base_url,
    dialect: "openai-chat",
    api_key_env: "",
    headers: { "x-extra": "1" },
    models: ["ok", "slow"],
  });
  const target = (model: string, id = "up") => ({ provider: id, model });
  return {
    ...DEFAULT_CONFIG,
    providers: { up: provider(`${upstream.origin}/v1`), gone: provider(`http://127.0.0.1:${closedPort}/v1`) },
    routes: {
      ...DEFAULT_CONFIG.routes,
      "after-refused": { targets: [target("ok", "gone"), target("ok")] },
      "after-500": { targets: [target("500"), target("ok")] },
      "after-429": { targets: [target("429"), target("ok")] },
      "after-400": { targets: [target("400"), target("ok")] },
      "after-html": { targets: [target("html"), target("ok")] },
      "after-empty-stream": { targets: [target("error-first"), target("ok")] },
      "after-truncated": { targets: [target("truncated"), target("ok")] },
      "all-fail": { targets: [target("500"), target("429")] },
    },
  };
}

async function startGateway(changes: Partial<GatewayOptions> = {}): Promise<RunningGateway> {
  const resolveLocal: GatewayOptions["resolveLocal"] = (_model, done) =>
    done(undefined, { origin: upstream.origin, headers: [] });
  return startWith(makeConfig(), { resolveLocal, ...changes });
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

const send = (options: Partial<Sent>): Promise<Answer> => sendTo({ port, ...options });

function chat(model: string, extra: object = {}): Promise<Answer> {
  return send({ body: chatBody(model, extra) });
}

function stream(model: string, extra: object = {}): Promise<Answer> {
  return chat(model, { stream: true, ...extra });
}

function errorOf(answer: Answer): WireError["error"] {
  const { error } = JSON.parse(answer.text) as WireError;
  assert.deepEqual(Object.keys(error).sort(), ["code", "message", "param", "type"]);
  return error;
}

async function eventually(check: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`never happened: ${what}`);
}

describe("an answer in one piece", () => {
  test("reaches the client byte for byte, with our ids in the headers", async () => {
    const answer = await chat("up/ok");
    assert.equal(answer.status, 200);
    assert.equal(answer.text, completion("ok"));
    assert.match(String(answer.headers["flywheel-generation-id"]), /^gen_/);
    assert.match(String(answer.headers["x-request-id"]), /^req_/);
    assert.equal(recorder.ends()[0]!.status, "ok");
    assert.equal(recorder.log[1]!.raw, completion("ok"));
    assert.equal(recorder.ends()[0]!.id, answer.headers["flywheel-generation-id"]);
  });

  test("is asked for under the provider's own model name, all other bytes untouched", async () => {
    const body = `{ "messages" : [ {"role":"user","content":"\\u00e9 \\"x\\" \u{1f422}"} ],\n "model":"up/ok" , "temperature":0.10 }`;
    assert.equal((await send({ body })).status, 200);
    assert.equal(upstream.seen[0]!.body, body.replace("up/ok", "ok"));
    assert.equal(recorder.log[0]!.raw, body);
    assert.equal(upstream.seen[0]!.headers["accept-encoding"], "identity");
    assert.equal(upstream.seen[0]!.headers["x-extra"], "1");
    assert.equal(upstream.seen[0]!.headers.authorization, undefined);
  });

  test("works for a prompt that is spliced instead of parsed", async () => {
    const body = JSON.stringify({
      messages: [{ role: "user", content: `"quoted\\" ${"x".repeat(300_000)}` }],
      model: "up/ok",
    });
    assert.equal((await send({ body })).status, 200);
    assert.equal(upstream.seen[0]!.body, body.replace("up/ok", "ok"));
  });

  test("is also found without /v1 and through x-api-key", async () => {
    const answer = await send({
      path: "/chat/completions?x=1",
      headers: { authorization: "", "x-api-key": SECRET },
      body: chatBody("up/ok"),
    });
    assert.equal(answer.status, 200);
  });
});

describe("a stream", () => {
  test("passes through byte for byte, less the usage chunk nobody asked for", async () => {
    const answer = await stream("up/ok");
    assert.equal(answer.text, contentEvents("ok").join("") + DONE_EVENT);
    assert.match(upstream.seen[0]!.body, /"stream_options":\{"include_usage":true\}/);
    assert.ok(recorder.log[1]!.raw.includes(usageEvent("ok")), "the record has the usage");
    assert.ok(recorder.ends()[0]!.time_to_first_chunk! > 0);
  });

  test("keeps the usage chunk for a client that asked", async () => {
    const answer = await stream("up/ok", { stream_options: { include_usage: true } });
    assert.equal(answer.text, [...contentEvents("ok"), usageEvent("ok"), DONE_EVENT].join(""));
  });

  test("keeps the other options of a client that did not ask", async () => {
    const answer = await stream("up/ok", { stream_options: { include_obfuscation: false } });
    assert.equal(answer.text, contentEvents("ok").join("") + DONE_EVENT);
    assert.match(upstream.seen[0]!.body, /"stream_options":\{"include_obfuscation":false,"include_usage":true\}/);
  });

  for (const fault of ["slow", "bytewise", "no-usage"]) {
    test(`is whole when the provider is ${fault}`, async () => {
      assert.equal((await stream(`up/${fault}`)).text, contentEvents(fault).join("") + DONE_EVENT);
      assert.equal(recorder.ends()[0]!.status, "ok");
    });
  }

  test("passes comments on, in their place", async () => {
    assert.ok((await stream("up/comments")).text.startsWith(": waiting\n\n: still\n\ndata: "));
  });

  for (const [fault, newline] of [
    ["crlf", "\r\n"],
    ["cr", "\r"],
  ] as const) {
    test(`keeps its line endings (${fault})`, async () => {
      const expected = [...contentEvents(fault), DONE_EVENT].join("").replaceAll("\n", newline);
      assert.equal(
        (await stream(`up/${fault}`)).text,
        fault === "crlf" ? `\ufeff: hello\r\n\r\n${expected}` : expected,
      );
    });
  }

  test("shows nothing that comes after [DONE]", async () => {
    const answer = await stream("up/after-done");
    assert.equal(answer.text, contentEvents("after-done").join("") + DONE_EVENT);
    assert.ok(!answer.text.includes("intruder"));
  });

  test("does not wait for a provider that forgets to close after [DONE]", async () => {
    assert.equal((await stream("up/late-close")).text, contentEvents("late-close").join("") + DONE_EVENT);
    await eventually(() => upstream.seen[0]!.aborted, "the connection is closed by us");
  });

  test("is complete without [DONE] when a finish reason was seen, and the client gets one", async () => {
    const answer = await stream("up/no-done");
    assert.equal(answer.text, contentEvents("no-done").join("") + DONE_EVENT);
    assert.equal(recorder.ends()[0]!.status, "ok");
  });

  test("gets the blank line that the provider left out after [DONE]", async () => {
    assert.ok((await stream("up/bare-done")).text.endsWith(DONE_EVENT));
  });
});

describe("a stream that breaks", () => {
  const cases: [fault: string, code: string, events: number][] = [
    ["truncated", "upstream_truncated", 3],
    ["truncated-event", "upstream_truncated", 3],
    ["reset", "upstream_truncated", 3],
    ["hang-mid", "upstream_timeout", 3],
  ];
  for (const [fault, code, events] of cases) {
    test(`ends in an error frame and a partial row: ${fault}`, async () => {
      const answer = await stream(`up/${fault}`);
      const given = contentEvents(fault).slice(0, events).join("");
      assert.ok(answer.text.startsWith(`${given}data: {"error":`), answer.text);
      assert.ok(!answer.text.includes("[DONE]"));
      assert.equal(errorOf({ ...answer, text: answer.text.slice(given.length + "data: ".length) }).code, code);
      assert.equal(recorder.ends()[0]!.status, "partial");
      assert.equal(recorder.ends()[0]!.attempts[0]!.error, code);
    });
  }

  test("shows the provider's own error and becomes a partial row", async () => {
    const answer = await stream("up/error-event");
    assert.match(answer.text, /the model fell over/);
    assert.equal(recorder.ends()[0]!.status, "partial");
  });

  test("with an error before any text is a plain error", async () => {
    const answer = await stream("up/error-first");
    assert.equal(answer.status, 502);
    assert.equal(errorOf(answer).code, "upstream_error");
  });
});

describe("a provider's failure", () => {
  const cases: [fault: string, status: number, code: string][] = [
    ["hang", 504, "upstream_timeout"],
    ["hang-after-head", 504, "upstream_timeout"],
    ["reset-before-head", 502, "upstream_unreachable"],
    ["truncated-body", 502, "upstream_truncated"],
    ["400", 400, "odd_message"],
    ["401", 401, "invalid_api_key"],
    ["429", 429, "rate_limit_exceeded"],
    ["500", 500, "server_error"],
    ["500-text", 500, "upstream_error"],
    ["503-flat", 503, "upstream_error"],
    ["huge-error", 500, "upstream_error"],
    ["html", 502, "upstream_invalid"],
    ["garbage", 502, "upstream_invalid"],
    ["json-error-200", 502, "upstream_error"],
    ["not-http", 502, "upstream_invalid"],
    ["two-lengths", 502, "upstream_invalid"],
    ["length-and-chunked", 502, "upstream_invalid"],
    ["redirect", 502, "upstream_invalid"],
    ["gzip", 502, "upstream_invalid"],
  ];
  for (const [fault, status, code] of cases) {
    for (const streamed of [false, true]) {
      test(`${fault} is ${status} ${code}, ${streamed ? "streamed" : "whole"}, and a row`, async () => {
        const answer = await chat(`up/${fault}`, { stream: streamed });
        assert.equal(answer.status, status, answer.text);
        assert.equal(errorOf(answer).code, code);
        assert.match(String(answer.headers["flywheel-generation-id"]), /^gen_/);
        const end = recorder.ends()[0]!;
        assert.equal(end.status, "error");
        assert.equal(end.http_status, status);
        assert.ok(answer.text.length < 10_000);
      });
    }
  }

  test("keeps the hint when to come back", async () => {
    const answer = await chat("up/429");
    assert.equal(answer.headers["retry-after"], "7");
    assert.equal(answer.headers["x-ratelimit-remaining-requests"], "0");
  });

  test("is 502 when nobody listens", async () => {
    const answer = await chat("gone/any");
    assert.equal(answer.status, 502);
    assert.equal(errorOf(answer).code, "upstream_unreachable");
  });

  test("to answer a stream request with one body is 502", async () => {
    const answer = await stream("up/json-error-200");
    assert.equal(answer.status, 502);
  });
});

describe("fallback", () => {
  for (const name of ["after-refused", "after-500", "after-429", "after-html"]) {
    for (const streamed of [false, true]) {
      test(`goes to the next target ${name}, ${streamed ? "streamed" : "whole"}`, async () => {
        const answer = await chat(name, { stream: streamed });
        assert.equal(answer.status, 200);
        assert.ok(answer.text.includes(TEXT[1]!));
        const end = recorder.ends()[0]!;
        assert.equal(end.attempts.length, 2);
        assert.ok(end.attempts[0]!.error);
        assert.equal(end.attempts[1]!.error, undefined);
        assert.equal((recorder.log[0]!.head as BeginHead).route, name);
      });
    }
  }

  test("goes on when a stream begins with an error", async () => {
    assert.equal((await stream("after-empty-stream")).text, contentEvents("ok").join("") + DONE_EVENT);
  });

  test("is not tried for a request that is wrong everywhere", async () => {
    assert.equal((await chat("after-400")).status, 400);
    assert.equal(upstream.seen.length, 1);
  });

  test("is not tried once the client has text", async () => {
    const answer = await stream("after-truncated");
    assert.match(answer.text, /upstream_truncated/);
    assert.equal(upstream.seen.length, 1);
  });

  test("ends with the last target's error", async () => {
    assert.equal((await chat("all-fail")).status, 429);
    assert.equal(recorder.ends()[0]!.attempts.length, 2);
  });
});

describe("the record", () => {
  test("begins before the provider is called", async () => {
    let begunFirst = false;
    upstream.onRequest = () => (begunFirst = recorder.log.some((entry) => entry.kind === "begin"));
    await chat("up/ok");
    assert.ok(begunFirst);
  });

  for (const streamed of [false, true]) {
    test(`is written before a ${streamed ? "stream" : "body"} can look complete`, async () => {
      const held = Promise.withResolvers<() => void>();
      recorder.holdEnd = (release) => held.resolve(release);
      let seen = "";
      let ended = false;
      const req = http.request({
        port,
        host: "127.0.0.1",
        method: "POST",
        path: "/v1/chat/completions",
        headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/json" },
        agent: false,
      });
      const done = new Promise<void>((resolve) => {
        req.on("response", (res) => {
          res.on("data", (chunk: Buffer) => (seen += chunk.toString()));
          res.on("end", () => {
            ended = true;
            resolve();
          });
        });
      });
      req.end(chatBody("up/ok", { stream: streamed }));
      const release = await held.promise;
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.equal(ended, false);
      assert.ok(!seen.includes("[DONE]"));
      assert.equal(seen, streamed ? contentEvents("ok").join("") : "");
      release();
      await done;
      assert.equal(seen, streamed ? contentEvents("ok").join("") + DONE_EVENT : completion("ok"));
    });
  }

  test("that cannot begin costs nothing: 503 and no call", async () => {
    recorder.failBegin = true;
    const answer = await chat("up/ok");
    assert.equal(answer.status, 503);
    assert.equal(errorOf(answer).code, "storage_full");
    assert.equal(upstream.seen.length, 0);
  });

  test("that cannot end leaves no answer that looks complete", async () => {
    recorder.failEnd = true;
    const answer = await stream("up/ok");
    assert.ok(!answer.text.includes("[DONE]"));
    assert.match(answer.text, /"code":"storage_full"/);
    assert.equal((await chat("up/ok")).status, 503);
  });

  test("says who asked and what for", async () => {
    await send({
      body: chatBody("up/ok", { user: "u1" }),
      headers: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "user-agent": "tester" },
    });
    const begin = recorder.log[0]!.head as BeginHead;
    assert.deepEqual(
      [
        begin.project,
        begin.key_id,
        begin.request_model,
        begin.provider,
        begin.model,
        begin.user_id,
        begin.user_agent,
        begin.trace_id,
      ],
      ["p", "key_1", "up/ok", "up", "ok", "u1", "tester", "0af7651916cd43dd8448eb211c80319c"],
    );
  });
});

describe("a client that goes away", () => {
  for (const fault of ["endless", "hang", "hang-after-head"]) {
    test(`stops the provider and leaves a row (${fault})`, async () => {
      const req = http.request({
        port,
        host: "127.0.0.1",
        method: "POST",
        path: "/v1/chat/completions",
        headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/json" },
        agent: false,
      });
      req.on("error", () => {});
      req.on("response", (res) => res.on("error", () => {}).once("data", () => req.destroy()));
      req.end(chatBody(`up/${fault}`, { stream: true }));
      await eventually(() => upstream.seen.length === 1, "the provider is called");
      if (fault !== "endless") req.destroy();
      await eventually(() => upstream.seen[0]!.aborted, "the provider notices");
      await eventually(() => recorder.ends().length === 1, "the row ends");
      assert.equal(recorder.ends()[0]!.status, "client_aborted");
      assert.equal(recorder.log[1]!.raw.includes(TEXT[1]!.trim()), fault === "endless");
    });
  }

  test("slowly makes the provider wait instead of filling our memory", async () => {
    const socket = net.connect(port, "127.0.0.1").pause();
    const body = chatBody("up/flood", { stream: true });
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${SECRET}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await eventually(() => upstream.seen.length === 1, "the provider is called");
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = recorder.log.length;
    socket.destroy();
    await eventually(() => recorder.ends().length === 1, "the row ends");
    assert.equal(before, 1, "the answer was still under way");
    // What fits into socket buffers on the way, far from the 60 MB the provider has to say.
    assert.ok(recorder.log[1]!.raw.length < 20_000_000, `${recorder.log[1]!.raw.length} bytes were read`);
    assert.equal(recorder.ends()[0]!.status, "client_aborted");
  });
});

test("a client that goes away while the end is being recorded does no harm", async () => {
  const held = Promise.withResolvers<() => void>();
  recorder.holdEnd = (release) => held.resolve(release);
  const req = http.request({
    port,
    host: "127.0.0.1",
    method: "POST",
    path: "/v1/chat/completions",
    headers: { authorization: `Bearer ${SECRET}` },
    agent: false,
  });
  req.on("error", () => {});
  req.on("response", (res) => res.on("error", () => {}).resume());
  req.end(chatBody("up/ok", { stream: true }));
  const release = await held.promise;
  req.destroy();
  await eventually(() => gateway.active() === 0, "the gateway notices");
  release();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(recorder.ends()[0]!.status, "ok");
  recorder.holdEnd = undefined;
  assert.equal((await chat("up/ok")).status, 200);
});

test("what is not the gateway's goes to whoever else listens, after the Host check", async () => {
  const paths: string[] = [];
  const other = await startGateway({
    fallthrough: (req, res) => {
      if (!req.url!.startsWith("/studio")) return false;
      paths.push(req.url!);
      res.end("studio");
      return true;
    },
  });
  assert.equal((await send({ port: other.port, method: "GET", path: "/studio?x" })).text, "studio");
  assert.equal((await send({ port: other.port, method: "GET", path: "/else" })).status, 404);
  assert.equal(
    (await send({ port: other.port, method: "GET", path: "/studio", headers: { host: "evil.example" } })).status,
    403,
  );
  assert.deepEqual(paths, ["/studio?x"]);
  await new Promise<void>((resolve) => other.gateway.drain(resolve));
});

describe("keys", () => {
  const cases: [what: string, headers: Record<string, string>, status: number, code: string][] = [
    ["none", { authorization: "" }, 401, "missing_key"],
    ["another scheme", { authorization: "Basic abc" }, 401, "missing_key"],
    ["an unknown key", { authorization: "Bearer fw_dev_nope" }, 401, "invalid_key"],
    ["a revoked key", { authorization: "Bearer fw_dev_revoked" }, 401, "invalid_key"],
    ["a key without the right to call models", { authorization: "", "x-api-key": "fw_dev_admin" }, 403, "forbidden"],
    ["SQL", { authorization: "Bearer ' OR '1'='1" }, 401, "missing_key"],
  ];
  for (const [what, headers, status, code] of cases) {
    test(`${what} is ${status} ${code}`, async () => {
      const answer = await send({ headers, body: chatBody("up/ok") });
      assert.equal(answer.status, status);
      assert.equal(errorOf(answer).code, code);
      assert.equal(recorder.log.length, 0);
    });
  }
});

describe("a bad request", () => {
  const deep = `{"model":"up/ok","messages":${"[".repeat(70)}${"]".repeat(70)}}`;
  const manyKeys = `{"model":"up/ok","messages":[],"x":{${Array.from({ length: 60_000 }, (_, i) => `"k${i}":0`).join(",")}}}`;
  const cases: [what: string, body: string | Buffer, status: number, code: string, param: string | null][] = [
    ["an empty body", "", 400, "invalid_json", null],
    ["no object", "[1]", 400, "invalid_json", null],
    ["half an object", '{"model":"up/ok"', 400, "invalid_json", null],
    ["a grammar error", '{"model":"up/ok",,"messages":[]}', 400, "invalid_json", null],
    ["two objects", "{}{}", 400, "invalid_json", null],
    ["a key twice", '{"model":"up/ok","messages":[],"mod\\u0065l":"up/500"}', 400, "invalid_json", null],
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, "invalid_json", null],
    ["crossed brackets", '{"model":"up/ok","messages":[}]', 400, "invalid_json", null],
    ["70 levels", deep, 400, "too_deep", null],
    ["60 000 keys", manyKeys, 400, "too_many_keys", null],
    ["no model", '{"messages":[]}', 400, "invalid_request", "model"],
    ["a model that is no string", '{"model":7,"messages":[]}', 400, "invalid_request", "model"],
    ["no messages", '{"model":"up/ok"}', 400, "invalid_request", "messages"],
    ["messages that are no array", '{"model":"up/ok","messages":"hi"}', 400, "invalid_request", "messages"],
    ["stream that is no boolean", '{"model":"up/ok","messages":[],"stream":"yes"}', 400, "invalid_request", "stream"],
    [
      "stream_options that are no object",
      '{"model":"up/ok","messages":[],"stream_options":[1]}',
      400,
      "invalid_request",
      "stream_options",
    ],
  ];
  for (const [what, body, status, code, param] of cases) {
    test(`${what} is ${status} ${code}`, async () => {
      const answer = await send({ body });
      assert.equal(answer.status, status, answer.text);
      assert.equal(errorOf(answer).code, code);
      assert.equal(errorOf(answer).param, param);
      assert.equal(upstream.seen.length, 0);
      assert.equal(recorder.log.length, 0);
    });
  }

  test("of 21 MB is 413, and the client can read it", async () => {
    const answer = await send({ body: Buffer.alloc(21 * 1024 * 1024, 0x20) });
    assert.equal(answer.status, 413);
    assert.equal(errorOf(answer).code, "body_too_large");
  });

  test("in another content type is 415, but what `curl -d` sends is read", async () => {
    assert.equal((await send({ body: "<a/>", headers: { "content-type": "application/xml" } })).status, 415);
    assert.equal(
      (await send({ body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } })).status,
      415,
    );
    assert.equal((await send({ body: "x", headers: { "content-encoding": "gzip" } })).status, 415);
    assert.equal(
      (await send({ body: chatBody("up/ok"), headers: { "content-type": "application/x-www-form-urlencoded" } }))
        .status,
      200,
    );
    assert.equal((await send({ body: chatBody("up/ok"), headers: { "content-type": "" } })).status, 200);
  });

  test("for a model that does not exist is 404 and names the nearest", async () => {
    for (const [asked, meant] of [
      ["local/sparc", "local/spark"],
      ["spark", "local/spark"],
      ["defualt", "default"],
      ["up2/ok", "up/ok"],
    ]) {
      const answer = await chat(asked!);
      assert.equal(answer.status, 404);
      assert.equal(errorOf(answer).code, "model_not_found");
      assert.ok(errorOf(answer).message.includes(`Did you mean \`${meant}\`?`), errorOf(answer).message);
    }
  });

  test("for a provider without a key says what to set, and not to try again", async () => {
    for (const model of ["openai/gpt-4o", "gpt-4o"]) {
      const answer = await chat(model);
      assert.equal(answer.status, 503);
      assert.match(errorOf(answer).message, /set OPENAI_API_KEY/);
      assert.equal(answer.headers["x-should-retry"], "false");
    }
  });

  test("with the wrong method or path is 405 or 404", async () => {
    assert.equal((await send({ method: "PUT", body: "{}" })).status, 405);
    assert.equal((await send({ path: "/v1/nothing", body: "{}" })).status, 404);
  });
});

describe("GET /v1/models", () => {
  test("lists routes and models in OpenAI's shape", async () => {
    const answer = await send({ method: "GET", path: "/v1/models", body: "" });
    const { object, data } = JSON.parse(answer.text) as {
      object: string;
      data: { id: string; object: string; created: number; owned_by: string }[];
    };
    assert.equal(object, "list");
    for (const id of ["default", "fast", "local/spark", "up/ok"])
      assert.ok(
        data.some((model) => model.id === id && model.object === "model"),
        id,
      );
  });

  test("shows one model, encoded or not, and 404 for another", async () => {
    assert.equal(
      (JSON.parse((await send({ method: "GET", path: "/models/local/spark" })).text) as { id: string }).id,
      "local/spark",
    );
    assert.equal((await send({ method: "GET", path: "/v1/models/local%2Fspark" })).status, 200);
    assert.equal((await send({ method: "GET", path: "/v1/models/nope" })).status, 404);
    assert.equal((await send({ method: "GET", path: "/v1/models", headers: { authorization: "" } })).status, 401);
  });
});

describe("the local model", () => {
  test("is asked for again once when its process has moved", async () => {
    const asked: string[] = [];
    const other = await startGateway({
      resolveLocal: (model, done) => {
        asked.push(model);
        done(undefined, {
          origin: asked.length === 1 ? `http://127.0.0.1:${closedPort}` : upstream.origin,
          headers: ["x-secret", "s"],
        });
      },
    });
    const answer = await send({ port: other.port, body: chatBody("default") });
    assert.equal(answer.status, 200);
    assert.deepEqual(asked, ["spark", "spark"]);
    assert.equal(upstream.seen[0]!.headers["x-secret"], "s");
    assert.equal(other.recorder.ends()[0]!.attempts.length, 1);
    await new Promise<void>((resolve) => other.gateway.drain(resolve));
  });

  test("that cannot be loaded is 503 with the reason, and a row", async () => {
    const other = await startGateway({ resolveLocal: (_model, done) => done(new Error("the file is corrupt")) });
    const answer = await send({ port: other.port, body: chatBody("local/spark") });
    assert.equal(answer.status, 503);
    assert.match(errorOf(answer).message, /the file is corrupt/);
    assert.equal(other.recorder.ends()[0]!.status, "error");
    await new Promise<void>((resolve) => other.gateway.drain(resolve));
  });
});

describe("draining", () => {
  test("finishes streams, refuses new connections, then closes", async () => {
    const other = await startGateway();
    const running = send({ port: other.port, body: chatBody("up/slow", { stream: true }) });
    await eventually(() => upstream.seen.length === 1, "the call is under way");
    const drained = new Promise<void>((resolve) => other.gateway.drain(resolve));
    assert.equal((await running).text, contentEvents("slow").join("") + DONE_EVENT);
    await drained;
    await assert.rejects(send({ port: other.port, body: chatBody("up/ok") }), /ECONNREFUSED/);
  });

  test("cuts what takes too long with an error frame and a partial row", async () => {
    const other = await startGateway({ limits: { drain_ms: 200 } });
    const running = send({ port: other.port, body: chatBody("up/endless", { stream: true }) });
    await eventually(() => upstream.seen.length === 1, "the call is under way");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await new Promise<void>((resolve) => other.gateway.drain(resolve));
    assert.match((await running).text, /"code":"shutting_down"/);
    assert.equal(other.recorder.ends()[0]!.status, "partial");
  });
});

test("draining does not wait for a connection that never asks anything", async () => {
  const other = await startGateway({ limits: { drain_ms: 50 } });
  const socket = net.connect(other.port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.on("error", () => {});
  await new Promise<void>((resolve) => other.gateway.drain(resolve));
});

test("500 streams at once are all whole, and their connections are reused, not piled up", async () => {
  const answers = await Promise.all(Array.from({ length: 500 }, () => stream("up/ok")));
  const expected = contentEvents("ok").join("") + DONE_EVENT;
  assert.ok(answers.every((answer) => answer.text === expected));
  assert.equal(recorder.ends().filter((end) => end.status === "ok").length, 500);
  const connections = await upstream.connections();
  for (let i = 0; i < 20; i++) assert.equal((await stream("up/ok")).text, expected);
  assert.ok((await upstream.connections()) <= connections);
  assert.equal(gateway.active(), 0);
});
