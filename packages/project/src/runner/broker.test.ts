import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createBroker, isPrivate } from "./broker.ts";
import { startRunner, type Runner } from "./runner.ts";

const closing: (() => void)[] = [];
after(() => closing.forEach((close) => close()));

/** A server on loopback: `127.0.0.1:<port>`. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What code may say with `fetch`, each as a prompt of its own. */
const CODE = `
const say = async (url, init) => {
  const response = await fetch(url, init);
  return JSON.stringify([response.status, response.redirected, response.url, response.headers.get("x-said"), await response.text()]);
};
const endpoint = (prompt) => ({ default: { prompt } });
export default {
  get: endpoint(({ url }) => say(url)),
  post: endpoint(({ url }) => say(new Request(url, { method: "POST", body: new URLSearchParams({ a: "1" }), headers: { authorization: "secret", host: "evil" } }))),
  abort: endpoint(({ url }) => say(url, { signal: AbortSignal.timeout(50) })),
  many: endpoint(({ url }) => Promise.allSettled(Array.from({ length: 40 }, () => fetch(url))).then((all) => String(all.filter(({ status }) => status === "fulfilled").length))),
  cancelled: endpoint(async ({ url }) => { const response = await fetch(url); return response.body.constructor.name + response.ok; }),
};`;

describe("fetch in a project's code", () => {
  const seen: { request: IncomingMessage; body: string }[] = [];
  let runner: Runner;
  let here: string;
  let elsewhere: string;

  before(async () => {
    elsewhere = await serve((request, response) => response.end(`elsewhere ${JSON.stringify(request.headers)}`));
    here = await serve(async (request, response) => {
      seen.push({ request, body: await text(request) });
      const path = request.url!;
      if (path === "/slow") return;
      if (path === "/wait") await sleep(300);
      if (path === "/long") response.end("x".repeat(5 << 20));
      else if (path === "/away") response.writeHead(302, { location: `http://${elsewhere}/` }).end();
      else if (path === "/round") response.writeHead(302, { location: "/round" }).end();
      else if (path === "/moved") response.writeHead(303, { location: "/" }).end();
      else response.writeHead(200, { "x-said": "yes" }).end(`${request.method} ${path}`);
    });
    const events = { onLog() {}, onStray() {}, onDeath() {} };
    runner = startRunner({ env: {}, hosts: [here], memoryBytes: 512e6, timeoutMs: 10_000 }, events);
    await runner.load(CODE);
  });
  after(() => runner.kill());

  const say = (endpoint: string, path: string) => runner.render(endpoint, { url: `http://${here}${path}` });
  const fails = (endpoint: string, url: string, why: RegExp) =>
    assert.rejects(runner.render(endpoint, { url }), { message: why });

  it("reaches a declared host, with method, headers and body, and gets status, headers and body", async () => {
    assert.equal(await say("get", "/a?b"), JSON.stringify([200, false, `http://${here}/a?b`, "yes", "GET /a?b"]));
    assert.match(String(await say("post", "/b")), /POST \/b/);
    const { request, body } = seen.at(-1)!;
    assert.equal(body, "a=1");
    assert.equal(request.headers["content-type"], "application/x-www-form-urlencoded;charset=UTF-8");
    assert.equal(request.headers.authorization, "secret");
    assert.equal(request.headers.host, here);
  });

  it("reaches no other host, not even by a redirect", async () => {
    await fails("get", `http://${elsewhere}/`, /is not declared; add it to `runner\.hosts`/);
    await fails("get", `http://${here}/away`, /is not declared/);
    await fails("get", "http://localhost/", /localhost is not declared/);
    await fails("get", "file:///etc/passwd", /file: is not http: or https:/);
    await fails("get", "data:text/plain,x", /data: is not http: or https:/);
  });

  it("follows redirects within the host, but not for ever", async () => {
    assert.equal(await say("post", "/moved"), JSON.stringify([200, true, `http://${here}/`, "yes", "GET /"]));
    await fails("get", `http://${here}/round`, /more than 5 redirects/);
  });

  it("is bounded: in length, in time, in number", async () => {
    await fails("get", `http://${here}/long`, /the answer is longer than 4 MB/);
    await fails("abort", `http://${here}/slow`, /timeout/i);
    assert.equal(await say("many", "/wait"), "16");
  });
});

describe("a host that is declared by name", () => {
  const question = { type: "fetch", id: 1, method: "GET", headers: [] as [string, string][], body: "" } as const;

  async function answerOf(hosts: string[], url: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const resolve127 = async () => "127.0.0.1";
    const broker = createBroker({ hosts, timeoutMs: 5000, resolve: resolve127 }, (message) =>
      resolve(JSON.stringify(message)),
    );
    broker.fetch({ ...question, url });
    return promise.finally(() => broker.close());
  }

  it("may not lie at a private address, unless that is declared, too", async () => {
    const port = (await serve((_, response) => response.end("here"))).split(":")[1];
    const host = `crm.example.com:${port}`;
    assert.match(await answerOf([host], `http://${host}/`), /lies at 127\.0\.0\.1, a private address; to allow that/);
    assert.match(await answerOf([host, "127.0.0.1"], `http://${host}/`), /"status":200/);
    assert.match(await answerOf([`localhost:${port}`], `http://localhost:${port}/`), /"status":200/);
  });

  it("is private where this machine or its network would be reached", () => {
    const here = ["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"];
    const six = ["::1", "::", "fd00::1", "fe80::1", "::ffff:10.0.0.1", "::ffff:7f00:1", "64:ff9b::a00:1"];
    for (const address of [...here, ...six]) assert.ok(isPrivate(address), address);
    for (const address of ["1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1"])
      assert.ok(!isPrivate(address), address);
  });
});
