import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { eventually, type Flywheel, removeFolder, startFlywheel } from "./flywheel.ts";

let flywheel: Flywheel;
let inferenceKey: string;
before(async () => {
  flywheel = await startFlywheel();
  inferenceKey = (await createKey({ name: "inference only" })).secret;
});
after(async () => {
  const pids = (await flywheel.status()).processes;
  assert.ok(
    pids.every(({ restarts }) => restarts === 0),
    `a process died on bad input: ${JSON.stringify(pids)}\n${flywheel.notes()}`,
  );
  assert.equal(await flywheel.stop(), 0);
  removeFolder(flywheel.dataDir);
});

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  key?: string | null;
}

/** A request with exactly this target and these headers; `fetch` would tidy them up. */
function ask(path: string, { method = "GET", headers = {}, body, key = flywheel.key }: Ask = {}): Promise<Answer> {
  const { hostname, port } = new URL(flywheel.origin);
  const authorization = key === null ? {} : { authorization: `Bearer ${key}` };
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers: { ...authorization, ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const JSON_TYPE = { "content-type": "application/json" };
const chat = (body: string | Buffer, more: Ask = {}) =>
  ask("/v1/chat/completions", { method: "POST", body, ...more, headers: { ...JSON_TYPE, ...more.headers } });
const good = (model = "local/spark") =>
  JSON.stringify({ model, max_tokens: 3, messages: [{ role: "user", content: "hi" }] });

async function createKey(body: object): Promise<{ id: string; secret: string }> {
  const made = await ask("/api/keys", { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) });
  assert.equal(made.status, 200, made.body);
  return JSON.parse(made.body) as { id: string; secret: string };
}

/** Status, code, and all four fields of OpenAI's error object. */
function assertError(answer: Answer, status: number, code: string): string {
  assert.equal(answer.status, status, answer.body);
  const { error } = JSON.parse(answer.body) as { error: Record<string, string> };
  assert.deepEqual(Object.keys(error).sort(), ["code", "message", "param", "type"]);
  assert.equal(error["code"], code, answer.body);
  return error["message"]!;
}

describe("a chat request that is", () => {
  const bodies: [what: string, body: string | Buffer, status: number, code: string][] = [
    ["empty", "", 400, "invalid_json"],
    ["not JSON", "model=local/spark", 400, "invalid_json"],
    ["cut off", good().slice(0, -5), 400, "invalid_json"],
    ["an array", "[]", 400, "invalid_json"],
    ["followed by more", `${good()} x`, 400, "invalid_json"],
    ["not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 400, "invalid_json"],
    ["nested 100,000 deep", `{"messages":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, 400, "too_deep"],
    [
      "made of a million keys",
      `{${Array.from({ length: 1_000_000 }, (_, n) => `"${n}":1`).join()}}`,
      400,
      "too_many_keys",
    ],
    ["ambiguous", '{"model":"local/spark","model":"gpt-4o","messages":[]}', 400, "invalid_json"],
    ["without a model", '{"messages":[{"role":"user","content":"hi"}]}', 400, "invalid_request"],
    ["without messages", '{"model":"local/spark"}', 400, "invalid_request"],
    ["for a model that is a number", '{"model":5,"messages":[{"role":"user","content":"hi"}]}', 400, "invalid_request"],
    [
      "about the prototype",
      '{"model":"__proto__","messages":[{"role":"user","content":"hi"}]}',
      404,
      "model_not_found",
    ],
  ];
  for (const [what, body, status, code] of bodies)
    test(`${what} is refused with ${status} ${code}`, async () => void assertError(await chat(body), status, code));

  test("larger than 20 MB is refused with 413, whether its length is announced or not", async () => {
    const huge = Buffer.alloc(21 * 1024 * 1024, 0x20);
    assertError(await chat(huge), 413, "body_too_large");
    assertError(await chat(huge, { headers: { "transfer-encoding": "chunked" } }), 413, "body_too_large");
  });

  test("of another content type, or compressed, is refused with 415", async () => {
    assertError(await chat(good(), { headers: { "content-type": "text/plain" } }), 415, "unsupported_media_type");
    assertError(
      await chat(good(), { headers: { "content-type": "multipart/form-data; boundary=x" } }),
      415,
      "unsupported_media_type",
    );
    assertError(await chat(good(), { headers: { "content-encoding": "gzip" } }), 415, "unsupported_media_type");
  });

  test("for a model there is not is refused with the nearest there is", async () => {
    assert.match(assertError(await chat(good("local/sprak")), 404, "model_not_found"), /local\/spark/);
    assert.match(assertError(await chat(good("spark")), 404, "model_not_found"), /local\/spark/);
    assert.match(assertError(await chat(good("defualt")), 404, "model_not_found"), /`default`/);
  });

  test("not HTTP at all is refused on its own connection and hurts nobody", async () => {
    const { hostname, port } = new URL(flywheel.origin);
    for (const bytes of [
      "\x16\x03\x01\x02\x00\x01",
      "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      `GET / HTTP/1.1\r\nx: ${"y".repeat(40_000)}\r\n\r\n`,
    ]) {
      const socket = connect(Number(port), hostname);
      const said = await new Promise<string>((resolve, reject) => {
        let text = "";
        socket.on("data", (chunk) => (text += String(chunk)));
        socket.on("close", () => resolve(text));
        socket.on("error", (error: NodeJS.ErrnoException) => error.code !== "ECONNRESET" && reject(error));
        socket.write(bytes);
      });
      assert.match(said, /^HTTP\/1\.1 4\d\d /);
    }
    assert.equal((await chat(good())).status, 200);
  });
});

describe("a key that is", () => {
  test("missing, unknown or in the wrong header gets 401", async () => {
    assertError(await chat(good(), { key: null }), 401, "missing_key");
    assertError(await chat(good(), { key: "fw_dev_nobody" }), 401, "invalid_key");
    assertError(await chat(good(), { key: null, headers: { authorization: "Basic Zm9v" } }), 401, "missing_key");
    assertError(await ask("/v1/models", { key: "fw_prod_something" }), 401, "invalid_key");
  });

  test("revoked stops working at once, for calls and for the control API", async () => {
    const { id, secret } = await createKey({ name: "short-lived", scopes: ["inference", "admin"] });
    await eventually(
      async () => ((await chat(good(), { key: secret })).status === 200 ? true : undefined),
      "the new key",
    );
    assert.equal((await ask(`/api/keys/${id}`, { method: "DELETE", key: secret })).status, 200);
    await eventually(
      async () => ((await chat(good(), { key: secret })).status === 401 ? true : undefined),
      "the revocation",
    );
    await eventually(
      async () => ((await ask("/api/keys", { key: secret })).status === 401 ? true : undefined),
      "the same there",
    );
  });
});

describe("the control API", () => {
  test("wants a key, and one with the scope admin", async () => {
    for (const path of [
      "/api/generations",
      "/api/generations/gen_x",
      "/api/keys",
      "/api/models",
      "/api/status",
      "/api/session",
      "/api/generations/live",
    ]) {
      assertError(await ask(path, { key: null }), 401, "missing_key");
      assertError(await ask(path, { key: "fw_dev_nobody" }), 401, "invalid_key");
      assertError(await ask(path, { key: inferenceKey }), 403, "forbidden");
    }
    assertError(
      await ask("/api/keys", { method: "POST", key: inferenceKey, headers: JSON_TYPE, body: '{"name":"x"}' }),
      403,
      "forbidden",
    );
  });

  test("takes the studio's cookie from the studio's own pages only", async () => {
    const token = new URL(flywheel.studioUrl).searchParams.get("token")!;
    const login = await ask("/api/session", {
      method: "POST",
      key: null,
      headers: JSON_TYPE,
      body: JSON.stringify({ token }),
    });
    assert.equal(login.status, 200, login.body);
    const setCookie = String(login.headers["set-cookie"]);
    assert.match(setCookie, /HttpOnly; SameSite=Strict/);
    const cookie = setCookie.split(";", 1)[0]!;
    const make = (origin: string) =>
      ask("/api/keys", {
        method: "POST",
        key: null,
        headers: { ...JSON_TYPE, cookie, origin },
        body: '{"name":"from a page"}',
      });
    assert.equal((await make(flywheel.origin)).status, 200);
    for (const origin of ["https://evil.example", "null", `${flywheel.origin}.evil.example`])
      assertError(await make(origin), 403, "forbidden");
    assertError(
      await ask("/api/status", { key: null, headers: { cookie, origin: "https://evil.example" } }),
      403,
      "forbidden",
    );
    assertError(
      await ask("/api/keys", { method: "POST", key: null, headers: { ...JSON_TYPE, cookie }, body: '{"name":"x"}' }),
      403,
      "forbidden",
    );
    assert.equal((await ask("/api/status", { key: null, headers: { cookie } })).status, 200);
    assertError(await ask("/api/status", { key: null, headers: { cookie: `${cookie}x` } }), 401, "missing_key");
    assertError(
      await ask("/api/session", { method: "POST", key: null, headers: JSON_TYPE, body: '{"token":"guess"}' }),
      401,
      "invalid_key",
    );
  });

  test("refuses what it cannot read, and says what", async () => {
    const post = (body: string, type = "application/json") =>
      ask("/api/keys", { method: "POST", headers: { "content-type": type }, body });
    assertError(await post("{"), 400, "invalid_json");
    assertError(await post("null"), 400, "invalid_request");
    assertError(await post('"text"'), 400, "invalid_request");
    assertError(await post('{"name":5}'), 400, "invalid_request");
    assertError(await post('{"name":"x","scopes":["root"]}'), 400, "invalid_request");
    assertError(await post('{"name":"x"}', "text/plain"), 415, "unsupported_media_type");
    assertError(await post(`{"name":"${"x".repeat(2 << 20)}"}`), 413, "body_too_large");
    assertError(await ask("/api/session", { method: "POST", headers: JSON_TYPE, body: "null" }), 401, "invalid_key");
    assertError(await ask("/api/generations?limit=-1"), 400, "invalid_request");
    assertError(await ask("/api/generations?status=great"), 400, "invalid_request");
    assertError(await ask("/api/generations/gen_nothing"), 404, "generation_not_found");
    assertError(await ask("/api/keys/key_nothing", { method: "DELETE" }), 404, "not_found");
    assertError(await ask("/api/keys/%E0%A4%A", { method: "DELETE" }), 400, "invalid_request");
  });

  test("takes filters as values, whatever is in them", async () => {
    for (const hostile of ["' OR 1=1 --", "\\", "{x:String}", "%", "\0", "😈".repeat(200)]) {
      const { status, body } = await ask(
        `/api/generations?search=${encodeURIComponent(hostile)}&model=${encodeURIComponent(hostile)}&before=${encodeURIComponent(hostile)}`,
      );
      assert.equal(status, 200, body);
      assert.deepEqual((JSON.parse(body) as { data: unknown[] }).data, []);
    }
  });
});

describe("a request for", () => {
  test("another host is refused everywhere", async () => {
    for (const path of ["/v1/chat/completions", "/api/status", "/studio", "/healthz"])
      for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "localhost@evil.example"])
        assertError(await ask(path, { headers: { host } }), 403, "host_not_allowed");
    assert.equal((await ask("/healthz", { headers: { host: "LOCALHOST:1" } })).status, 200);
  });

  test("an unknown path is refused with 404, and a wrong method with 405 and the right one", async () => {
    for (const path of [
      "/",
      "/v1",
      "/v1/images",
      "/nothing",
      "/v1/v1/models",
      "/api",
      "/api/",
      "/api/nothing",
      "/apix",
      "/studiox",
      "//",
      "//evil.example/api/keys",
      "/%2e%2e/api",
    ])
      assertError(await ask(path), 404, "not_found");
    assert.match(assertError(await ask("/v1/chat/completions"), 405, "method_not_allowed"), /POST/);
    assert.match(
      assertError(await ask("/v1/models", { method: "POST", body: "{}" }), 405, "method_not_allowed"),
      /GET/,
    );
    assert.match(
      assertError(await ask("/api/keys", { method: "PUT", body: "{}" }), 405, "method_not_allowed"),
      /GET, POST/,
    );
    assertError(await ask("/api/session", { method: "PATCH", body: "{}" }), 405, "method_not_allowed");
    assertError(await ask("/api/generations/live", { method: "POST", body: "{}" }), 405, "method_not_allowed");
    assertError(await ask("/studio", { method: "POST", body: "{}" }), 405, "method_not_allowed");
    assertError(await ask("http://localhost/v1/models"), 400, "invalid_request");
  });

  test("a file outside the studio gets the studio's page, which holds none of it", async () => {
    const page = await eventually(
      async () => {
        const answer = await ask("/studio", { key: null });
        return answer.status === 200 ? answer : undefined;
      },
      "the studio to be built",
      120_000,
    );
    assert.match(page.body, /<!doctype html>/i);
    for (const path of [
      "/studio/../../../etc/passwd",
      "/studio/..%2f..%2f..%2fetc/passwd",
      "/studio/%2e%2e/%2e%2e/dev.key",
      "/studio/..\\..\\dev.key",
      "/studio/assets/../../../../package.json",
      "/studio//etc/passwd",
      "/studio/index.html%00.js",
    ]) {
      const answer = await ask(path, { key: null });
      assert.equal(answer.status, 200, path);
      assert.equal(answer.body, page.body, path);
    }
    assertError(await ask("/studio/%", { key: null }), 400, "invalid_request");
    assertError(await ask("/studio/%E0%A4%A", { key: null }), 400, "invalid_request");
    assert.match(String(page.headers["content-security-policy"]), /default-src 'self'/);
  });

  test("something bad straight at the control server, past the gateway, is refused as well", async () => {
    const { control_url } = JSON.parse(readFileSync(`${flywheel.dataDir}/run.json`, "utf8")) as { control_url: string };
    const { hostname, port } = new URL(control_url);
    const status = (path: string, headers: Record<string, string> = {}) =>
      new Promise<number>((resolve, reject) => {
        request({ hostname, port, path, headers }, (response) => resolve(response.resume().statusCode!))
          .on("error", reject)
          .end();
      });
    assert.equal(await status("//"), 404);
    assert.equal(await status("http://["), 404);
    assert.equal(await status("/studio/%"), 400);
    assert.equal(await status("/api/status", { host: "evil.example" }), 403);
    assert.equal(await status("/api/status"), 401);
  });
});
