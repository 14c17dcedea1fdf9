import { deepEqual, equal, ok } from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { findPackageJSON } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { type ApiPath, pathOf, snippet, type SnippetLanguage } from "./snippet.ts";

const run = promisify(execFile);
const ANSWERS: Record<string, object> = {
  "/v1/responses": {
    object: "response",
    output: [{ type: "message", content: [{ type: "output_text", text: "hello" }] }],
  },
  "/v1/embeddings": { data: [{ embedding: [0.5] }] },
  "/v1/messages": { content: [{ type: "text", text: "hello" }] },
};
const received: { url: string; authorization: string; body: string }[] = [];
const server = createServer(async (request, response) => {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  received.push({
    url: request.url!,
    authorization: request.headers.authorization ?? `Bearer ${String(request.headers["x-api-key"])}`,
    body,
  });
  response.setHeader("content-type", body.includes('"stream":true') ? "text/event-stream" : "application/json");
  if (ANSWERS[request.url!]) return response.end(JSON.stringify(ANSWERS[request.url!]));
  const choice = { index: 0, finish_reason: "stop", message: { content: "hello" }, delta: { content: "hello" } };
  const answer = JSON.stringify({ id: "x", object: "chat.completion", model: "m", choices: [choice] });
  response.end(body.includes('"stream":true') ? `data: ${answer}\n\ndata: [DONE]\n\n` : answer);
});
let baseUrl: string;
let folder: string;

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  folder = await mkdtemp(join(tmpdir(), "studio-snippet-"));
  // So that the copied TypeScript finds `openai` as a user's would.
  await symlink(join(findPackageJSON("openai", import.meta.url)!, "../.."), join(folder, "node_modules"));
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const hostile = {
  model: "local/spark",
  messages: [
    {
      role: "system",
      content: 'It\'s `$HOME` "quoted" \\ back\nnew line\ttab \u0000 \u001b[31m \u2028 \u202e 👩‍💻 ${x} %s',
    },
    { role: "user", content: [{ type: "text", text: 'a: "__proto__": true, None' }] },
  ],
  temperature: 0.7,
  top_k: 1e-7,
  metadata: { "it's": null, on: true, off: false, empty: [], none: {} },
};

async function send(language: SnippetLanguage, body: object, path?: ApiPath): Promise<string> {
  const program = snippet(language, { body: JSON.stringify(body), baseUrl, path })!;
  const [command, file] = language === "curl" ? ["sh", "again.sh"] : [process.execPath, "again.ts"];
  await writeFile(join(folder, file), program);
  const env = { ...process.env, FLYWHEEL_KEY: "fw_dev_x" };
  const { stdout } = await run(command, [join(folder, file)], { env });
  return stdout;
}

for (const language of ["curl", "TypeScript"] as const) {
  test(`a request copied as ${language} arrives exactly as it was`, async (context) => {
    if (language === "curl" && spawnSync("curl", ["--version"]).error) return context.skip("no curl here");
    for (const body of [hostile, { ...hostile, stream: true }]) {
      const stdout = await send(language, body);
      const last = received.at(-1)!;
      deepEqual(JSON.parse(last.body), body);
      equal(last.url, "/v1/chat/completions");
      equal(last.authorization, "Bearer fw_dev_x");
      ok(stdout.includes("hello"));
    }
  });
}

for (const [path, body] of [
  ["/responses", { model: "m", input: "it's \u202e" }],
  ["/embeddings", { model: "m", input: ["a", "b"], encoding_format: "float" }],
  ["/messages", { model: "m", max_tokens: 5, messages: [{ role: "user", content: "hi" }], top_k: 3 }],
] as const)
  test(`a request to ${path} is copied for that path, in every language`, async (context) => {
    if (spawnSync("python3", ["--version"]).error) return context.skip("no python3 here");
    for (const language of ["curl", "TypeScript"] as const) {
      const stdout = await send(language, body, path);
      const last = received.at(-1)!;
      deepEqual([last.url, last.authorization, JSON.parse(last.body)], [`/v1${path}`, "Bearer fw_dev_x", body]);
      ok(/hello|0\.5/.test(stdout), stdout);
    }
    await writeFile(join(folder, "openai.py"), pythonOpenai);
    await writeFile(join(folder, "anthropic.py"), pythonOpenai.replace("OpenAI", "Anthropic"));
    await writeFile(join(folder, "again.py"), snippet("Python", { body: JSON.stringify(body), baseUrl, path })!);
    const env = { ...process.env, FLYWHEEL_KEY: "fw_dev_x" };
    const { stdout } = await run("python3", [join(folder, "again.py")], { env });
    const base = path === "/messages" ? baseUrl.replace("/v1", "") : baseUrl;
    deepEqual(JSON.parse(stdout), { base: [base, "fw_dev_x"], body });
  });

test("what a logged request was is told from its dialect and operation", () => {
  equal(pathOf("openai-chat", "chat"), "/chat/completions");
  equal(pathOf("openai-chat", "embeddings"), "/embeddings");
  equal(pathOf("anthropic-messages", "chat"), "/messages");
  equal(pathOf("openai-responses", "chat"), "/responses");
});

test("a body too long for one argument is copied as a here-document that sends it whole", async (context) => {
  if (spawnSync("curl", ["--version"]).error) return context.skip("no curl here");
  const body = { model: "m", messages: [{ role: "user", content: "it's $long ".repeat(20_000) }] };
  await send("curl", body);
  deepEqual(JSON.parse(received.at(-1)!.body), body);
});

/** Stands in for the `openai` Python package: prints the request it would send. */
const pythonOpenai = `
import json
class OpenAI:
    def __init__(self, base_url, api_key):
        self.chat = self.completions = self.messages = self.responses = self.embeddings = self
        self.base = [base_url, api_key]
    def create(self, *, extra_body={}, **named):
        print(json.dumps({"base": self.base, "body": {**named, **extra_body}}))
        raise SystemExit(0)
`;

test("a request copied as Python makes the same body", async (context) => {
  if (spawnSync("python3", ["--version"]).error) return context.skip("no python3 here");
  await writeFile(join(folder, "openai.py"), pythonOpenai);
  for (const body of [hostile, { ...hostile, stream: true }, { model: "m", messages: [] }]) {
    await writeFile(join(folder, "again.py"), snippet("Python", { body: JSON.stringify(body), baseUrl })!);
    const { stdout } = await run("python3", [join(folder, "again.py")], {
      env: { ...process.env, FLYWHEEL_KEY: "fw_dev_x" },
    });
    deepEqual(JSON.parse(stdout), { base: [baseUrl, "fw_dev_x"], body });
  }
});

test("a body that is not a JSON object can be copied as curl only", () => {
  ok(snippet("curl", { body: "{oops", baseUrl })!.includes("--data-raw '{oops'"));
  equal(snippet("TypeScript", { body: "{oops", baseUrl }), null);
  equal(snippet("Python", { body: "[1]", baseUrl }), null);
});
