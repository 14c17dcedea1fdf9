import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newId } from "@flywheel/protocol";
import { startGateway, send, addKey } from "../../test/running-gateway.ts";
import { generationTokens } from "./generation-token.ts";
import { RateLimiter } from "./rate.ts";

const DAY_MS = 86_400_000;

describe("a generation token", () => {
  const tokens = generationTokens("one secret");
  const id = newId("gen");
  const token = tokens.sign("p", id, 1_000_000);

  test("proves its generation, to its own installation and project, for a while", () => {
    assert.deepEqual(tokens.verify("p", token, DAY_MS, 1_000_000 + DAY_MS - 1000), { id });
    assert.deepEqual(tokens.verify("p", token, DAY_MS, 1_000_000 + DAY_MS + 1000), { fault: "expired" });
    assert.deepEqual(tokens.verify("q", token, DAY_MS, 1_000_000), { fault: "forged" });
    assert.deepEqual(generationTokens("another").verify("p", token, DAY_MS, 1_000_000), { fault: "forged" });
  });

  test("is forged with any one character changed", () => {
    for (let at = 0; at < token.length; at++) {
      const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      assert.ok("fault" in tokens.verify("p", changed, DAY_MS, 1_000_000), changed);
    }
  });
});

test("who takes too much waits until enough has gathered again, and others do not", () => {
  const rates = new RateLimiter();
  const rate = { burst: 10, perSecond: 2 };
  assert.equal(rates.take("ann", 8, rate, 0), 0);
  assert.equal(rates.take("ann", 4, rate, 0), 1);
  assert.equal(rates.take("bob", 10, rate, 0), 0);
  assert.equal(rates.take("ann", 4, rate, 1000), 0);
  assert.equal(rates.take("ann", 1, rate, 1000), 1);
  assert.equal(rates.take("cid", 30, rate, 0), 0, "more than can gather is let through once");
  assert.equal(rates.take("cid", 1, rate, 5000), 6);
});

describe("pages of other origins", () => {
  const PAGE = "https://app.example.com";
  const start = () => {
    addKey("fw_pub_page", { id: "key_page", scopes: ["events"], origins: [PAGE] });
    return startGateway(
      {},
      {
        events: { recorder: { event: (_, __, done) => setImmediate(done) }, secret: "s" },
        allowsOrigin: (origin) => origin === PAGE,
      },
    );
  };
  const ask = { "access-control-request-method": "POST", authorization: "" };

  test("are answered beforehand where a key allows them, and nowhere else", async () => {
    const { port, stop } = await start();
    const allowed = await send({ port, method: "OPTIONS", path: "/events", headers: { ...ask, origin: PAGE } });
    assert.deepEqual([allowed.status, allowed.headers["access-control-allow-origin"]], [204, PAGE]);
    const other = await send({ port, method: "OPTIONS", path: "/events", headers: { ...ask, origin: "https://evil.example" } }); // prettier-ignore
    assert.deepEqual([other.status, other.headers["access-control-allow-origin"]], [405, undefined]);
    const api = await send({ port, method: "OPTIONS", path: "/api/keys", headers: { ...ask, origin: PAGE } });
    assert.equal(api.headers["access-control-allow-origin"], undefined);
    await stop();
  });

  test("can read why they were refused", async () => {
    const { port, stop } = await start();
    const headers = { origin: PAGE, authorization: "" };
    for (const [body, status, code] of [
      ["{", 400, "invalid_json"],
      ['{"events":[]}', 400, "invalid_request"],
      ['{"events":[{}]}', 401, "missing_key"],
      ['{"key":"fw_dev_test","events":[{}]}', 403, "forbidden"],
      ['{"key":"fw_pub_page","events":[{}]}', 400, "invalid_request"],
      [`{"key":"fw_pub_page","events":[${Array.from({ length: 51 }, () => "{}").join()}]}`, 413, "body_too_large"],
    ] as const) {
      const answer = await send({ port, path: "/v1/events", headers, body });
      const { error } = JSON.parse(answer.text) as { error: { code: string } };
      assert.deepEqual([answer.status, error.code, answer.headers["access-control-allow-origin"]], [status, code, PAGE], body); // prettier-ignore
    }
    await stop();
  });
});
