import { deepEqual, equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { createClient } from "./index.ts";
import type { FieldSpec } from "./payload.ts";

interface Received {
  headers: IncomingMessage["headers"];
  body: { key?: string; events: { id: string; name: string; payload: object }[] };
}

/** A server that answers each request as it is told to. */
async function listen(answers: ((response: ServerResponse) => void)[] = []) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      received.push({ headers: request.headers, body: JSON.parse(text) as Received["body"] });
      const answer = answers.shift() ?? ((to: ServerResponse) => to.end('{"accepted":1,"refused":[]}'));
      answer(response);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, received, [Symbol.dispose]: () => server.close().closeAllConnections() };
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(code, headers).end('{"error":{"message":"no"}}');

test("the client for pages takes at most 4 kB, compressed", async () => {
  const build = await rolldown({ input: new URL("./index.ts", import.meta.url).pathname, treeshake: true });
  const { output } = await build.generate({ format: "esm", minify: true });
  const bytes = gzipSync(output[0].code, { level: 9 }).length;
  ok(bytes <= 4096, `${bytes} bytes`);
  equal(output.length, 1, "it has no dependencies");
});

test("events wait for each other and leave together", async () => {
  using server = await listen();
  const client = createClient({ url: `${server.url}/v1/`, key: "fw_prod_secret", consent: "granted", user: "ann" });
  const ids = [client.track("gen_1", "thumbs", { value: "up" }), client.track("gen_1", "copied")];
  await client.close();
  const [{ headers, body }] = server.received as [Received];
  equal(server.received.length, 1);
  equal(headers.authorization, "Bearer fw_prod_secret");
  deepEqual(
    body.events.map(({ id }) => id),
    ids,
  );
  ok(
    ids.every((id) => /^evt_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
    ids.join(),
  );
});

test("a publishable key travels in the body, so that no page has to ask before it tells", async () => {
  using server = await listen();
  const client = createClient({ url: server.url, key: "fw_pub_x", consent: "granted" });
  client.track("gen_1.t.m", "copied");
  await client.close();
  const [{ headers, body }] = server.received as [Received];
  deepEqual([headers["content-type"], headers.authorization, body.key], ["text/plain", undefined, "fw_pub_x"]);
});

test("nothing is sent before consent, nothing after it was denied, and what waited is sent when it is granted", async () => {
  using server = await listen();
  const client = createClient({ url: server.url, key: "fw_pub_x", flushMs: 1 });
  client.track("gen_1", "copied");
  await client.flush();
  equal(server.received.length, 0);
  client.consent("denied");
  equal(client.track("gen_1", "copied"), "");
  client.consent("granted");
  await client.flush();
  equal(server.received.length, 0, "what was denied is forgotten");
  client.consent("pending");
  client.track("gen_1", "copied");
  client.consent("granted");
  await client.close();
  equal(server.received.length, 1);
});

test("what could not be sent is sent again with the same id; what was refused for good is not", async () => {
  const errors: string[] = [];
  const seen = Promise.withResolvers<void>();
  using server = await listen([
    status(503),
    (response) => void response.socket!.destroy(),
    (response) => (response.end("{}"), seen.resolve()),
    status(403),
  ]);
  const client = createClient({
    url: server.url,
    key: "fw_pub_x",
    consent: "granted",
    flushMs: 1,
    onError: ({ message }) => errors.push(message),
  });
  const id = client.track("gen_1", "copied");
  await client.flush();
  await client.flush();
  await client.flush();
  await seen.promise;
  deepEqual(
    server.received.map(({ body }) => body.events.map((event) => event.id)),
    [[id], [id], [id]],
  );
  client.track("gen_2", "copied");
  await client.flush();
  await client.close();
  equal(server.received.length, 4);
  match(errors.join("; "), /^no; fetch failed; no$/);
});

test("a server that is away is tried again by itself", async () => {
  const arrived = Promise.withResolvers<void>();
  using server = await listen([status(500), (response) => (response.end("{}"), arrived.resolve())]);
  const client = createClient({ url: server.url, key: "fw_pub_x", consent: "granted", flushMs: 1 });
  client.track("gen_1", "copied");
  await arrived.promise;
  await client.close();
  equal(server.received.length, 2);
});

test("a queue has a bound, and many events leave in batches", async () => {
  using server = await listen();
  const client = createClient({ url: server.url, key: "fw_pub_x", maxQueue: 50 });
  const ids = Array.from({ length: 60 }, () => client.track("gen_1", "copied"));
  client.consent("granted");
  await client.close();
  deepEqual(
    server.received.map(({ body }) => body.events.length),
    [20, 20, 10],
  );
  deepEqual(
    server.received.flatMap(({ body }) => body.events.map(({ id }) => id)),
    ids.slice(10),
  );
});

test("large events leave in bodies that a page which goes away may still send", async () => {
  using server = await listen();
  const client = createClient({ url: server.url, key: "fw_pub_x", consent: "granted" });
  for (let n = 0; n < 5; n++) client.track("gen_1", "edited", { final: "x".repeat(20_000) });
  await client.close();
  equal(server.received.flatMap(({ body }) => body.events).length, 5);
  ok(server.received.every(({ headers }) => Number(headers["content-length"]) < 64_000));
});

/** Never called: that it compiles, and that its mistakes do not, is the test. */
export function typed(): void {
  const client = createClient<{
    asked: { payload: { why: "string"; stars: "number?"; mood: readonly ["good", "bad"] } };
    seen: object;
  }>({ url: "", key: "" });
  client.track("gen_1", "seen");
  client.track("gen_1", "asked", { why: "", mood: "good" });
  client.track("gen_1", "asked", { why: "", mood: "bad", stars: 3 });
  // @ts-expect-error -- there is no such event
  client.track("gen_1", "heard");
  // @ts-expect-error -- a payload is needed
  client.track("gen_1", "asked");
  // @ts-expect-error -- no such mood
  client.track("gen_1", "asked", { why: "", mood: "odd" });
  // @ts-expect-error -- no number
  client.track("gen_1", "asked", { why: "", mood: "bad", stars: "3" });
  const usual = createClient({ url: "", key: "" });
  usual.track("gen_1", "thumbs", { value: "down" });
  // @ts-expect-error -- neither up nor down
  usual.track("gen_1", "thumbs", { value: "left" });
  "json?" satisfies FieldSpec;
}
