import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createProviderSet } from "./provider-set.ts";
import { servedModels } from "./served.ts";
import { createUpstream } from "./upstream.ts";

const ANSWERS: Record<string, string> = {
  "/openai/models": '{"object":"list","data":[{"id":"small"},{"id":"large"},{"id":7},null]}',
  "/anthropic/models?limit=1000": '{"data":[{"type":"model","id":"claude"}],"has_more":false}',
  "/gemini/models?pageSize=1000": '{"models":[{"name":"models/gemini-pro"},{"name":""}]}',
  "/odd/models": '{"models":"none"}',
  "/page/models": "<!doctype html>",
};

test("a provider's own list of models is read in each dialect's words, and one that makes no sense is empty", async (t) => {
  const server = createServer((req, res) => {
    const answer = ANSWERS[req.url!];
    res.writeHead(answer === undefined ? 404 : 200).end(answer);
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const row = (path: string, dialect: "openai-chat" | "anthropic-messages" | "gemini" = "openai-chat") => ({
    base_url: `${origin}/${path}`,
    dialect,
    api_key_env: "",
    headers: {},
    models: [],
  });
  const providers = createProviderSet(
    {
      providers: {
        one: row("openai"),
        two: row("anthropic", "anthropic-messages"),
        three: row("gemini", "gemini"),
        odd: row("odd"),
        page: row("page"),
        none: row("nothing-here"),
      },
      local: {},
    },
    {},
  );
  const upstream = createUpstream();
  const ask = (id: string) => new Promise<string[]>((resolve) => servedModels(upstream, providers.get(id)!, resolve));
  assert.deepEqual(await ask("one"), ["small", "large"]);
  assert.deepEqual(await ask("two"), ["claude"]);
  assert.deepEqual(await ask("three"), ["gemini-pro"]);
  for (const id of ["odd", "page", "none"]) assert.deepEqual(await ask(id), [], id);
});
