import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { createProviderSet } from "./provider-set.ts";
import { createUpstream } from "./upstream.ts";
import { callWhole, type ProviderCallError } from "./whole-call.ts";

async function provider(t: TestContext, answer: (res: ServerResponse) => void) {
  const server = createServer((_, res) => answer(res)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.close().closeAllConnections());
  const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const row = { base_url, dialect: "openai-chat" as const, api_key_env: "", headers: {}, models: [] };
  const acme = createProviderSet({ providers: { acme: row }, local: {} }, {}).get("acme")!;
  const upstream = createUpstream();
  t.after(() => upstream.close());
  return (signal = new AbortController().signal) => callWhole(upstream, acme, { method: "GET", path: "/x" }, signal);
}

const says = (status: number, body: string) => (res: ServerResponse) => void res.writeHead(status).end(body);
const REFUSED: [what: string, answer: (res: ServerResponse) => void, said: RegExp, retryable: boolean][] = [
  ["an error in OpenAI's shape", says(400, '{"error":{"message":"no such file"}}'), /^acme says: no such file$/, false],
  ["an error that is a text", says(429, '{"error":"slow down"}'), /^acme says: slow down$/, true],
  ["an error of no shape", says(502, "<h1>Bad gateway</h1>"), /^acme answered GET \/x with 502$/, true],
  ["a page", says(200, "<!doctype html>"), /^acme answered GET \/x with 200, but with no JSON$/, false],
  ["a list", says(200, "[]"), /with no JSON/, false],
  ["5 MB", says(200, `"${"x".repeat(5 << 20)}"`), /with more than 4 MB/, false],
  ["nothing", (res) => res.socket!.destroy(), /^acme could not be asked \(GET \/x\)/, true],
];
for (const [what, answer, said, retryable] of REFUSED)
  test(`a provider that answers ${what} is told in words`, async (t) => {
    const call = await provider(t, answer);
    await assert.rejects(call(), (error: ProviderCallError) => {
      assert.match(error.message, said);
      assert.equal(error.retryable, retryable);
      return true;
    });
  });

test("a call ends with its signal", async (t) => {
  const stop = new AbortController();
  const call = await provider(t, () => stop.abort(new Error("enough")));
  await assert.rejects(call(stop.signal), /enough/);
  await assert.rejects(call(stop.signal), /enough/);
});
