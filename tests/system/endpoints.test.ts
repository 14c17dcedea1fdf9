import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { EndpointList } from "@flywheel/protocol";
import { type ScriptedUpstream, startUpstream } from "../upstream/server.ts";
import { flywheel as run } from "./command.ts";
import { eventually, type Flywheel, startFlywheel, temporaryFolder } from "./flywheel.ts";

const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
const MESSAGE = "Someone took money from my card";
const DIALECTS = ["openai-chat", "openai-responses", "anthropic-messages", "gemini"];

/** As DESIGN.md has it. */
const TRIAGE = `import { defineEndpoint } from "flywheel";

/** What the support desk needs to route a message. */
export interface Triage {
  queue: "billing" | "cards" | "transfers" | "other";
  /** 1 = can wait, 3 = a person loses money now */
  urgency: 1 | 2 | 3;
  /** One sentence, in the customer's language. */
  summary: string;
}

export default defineEndpoint<{ message: string }, Triage>({
  model: "fast",
  prompt: ({ message }) => \`Triage this support message.\\n\\n\${message}\`,
});
`;

interface Triage {
  queue: string;
  urgency: number;
  summary: string;
}

const projectDir = temporaryFolder("project");
const file = join(projectDir, "endpoints/triage.ts");
let upstream: ScriptedUpstream;
let server: Flywheel;
before(async () => {
  upstream = await startUpstream();
  equal((await run(["init", "--template", "structured", "--cwd", projectDir])).code, 0);
  // Nothing of the interface is there until it is written while the server runs.
  writeFileSync(file, 'import { defineEndpoint } from "flywheel";\nexport default defineEndpoint<string>({ prompt: (said) => said });\n'); // prettier-ignore
  rmSync(join(projectDir, ".flywheel"), { recursive: true });
  server = await startFlywheel({ projectDir });
});
after(async () => {
  await server.stop();
  await upstream.close();
});

function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.origin}/endpoints/triage`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

function isTriage(value: unknown): boolean {
  const { queue, urgency, summary, ...rest } = value as Triage;
  const known = ["billing", "cards", "transfers", "other"].includes(queue) && [1, 2, 3].includes(urgency);
  return known && typeof summary === "string" && Object.keys(rest).length === 0;
}

/** Routes `fast` to a model that speaks this dialect; the endpoint's file stays as it is. */
const configFor = (dialect: string) => `import { defineConfig } from "flywheel";
export default defineConfig({
  providers: { scripted: { baseUrl: "${upstream.origin}/fixtures", dialect: "${dialect}" } },
  routes: { fast: "scripted/m" },
  runner: { timeoutMs: 1000 },
});
`;

const LOOP = `import { defineEndpoint } from "flywheel";
export default defineEndpoint<string>({
  prompt: (said) => {
    for (let i = 0; ; i++) if (i < 0) return said;
  },
});
`;

test("an interface that is saved answers from spark with a value of it, and the row says what held it to that", async () => {
  writeFileSync(file, TRIAGE);
  const answer = await eventually(async () => {
    const response = await post({ message: MESSAGE });
    return response.status === 200 ? response : undefined;
  }, "the edit to be served");
  const text = await answer.text();
  ok(isTriage(JSON.parse(text)), text);
  const id = answer.headers.get("flywheel-generation-id")!;
  const row = await eventually(() => server.generation(id), "its row");
  equal(row.status, "ok");
  equal(row.request_model, "endpoint/triage");
  const logs = await run(["logs", id, "--data", server.dataDir, "--cwd", projectDir]);
  match(logs.stdout, /held to its type by a grammar/);
  ok(existsSync(join(projectDir, ".flywheel/framework/index.ts")), "what an editor needs, as in a fresh clone");
});

test("the same file answers from providers of every dialect", async () => {
  const config = join(projectDir, "flywheel.config.ts");
  for (const dialect of DIALECTS) {
    const typed = { queue: "cards", urgency: 3, summary: `said in ${dialect}` };
    upstream.seen.length = 0;
    writeFileSync(config, configFor(dialect));
    const output = await eventually(async () => {
      upstream.says = [JSON.stringify(typed)];
      const output = (await (await post({ message: MESSAGE })).json()) as Triage;
      return output.summary === typed.summary ? output : undefined;
    }, dialect);
    deepEqual(output, typed);
    match(upstream.seen.at(-1)!.body, /Triage this support message/);
  }
});

test("the written client compiles in an app of its own, and answers there whole and field by field", async () => {
  const app = temporaryFolder("app");
  const types = await run(["types", "--out", join(app, "flywheel-client.ts"), "--cwd", projectDir]);
  equal(types.code, 0, types.stderr);
  writeFileSync(join(app, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(app, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { strict: true, target: "es2022", module: "nodenext", types: [] } }),
  );
  writeFileSync(
    join(app, "app.ts"),
    `import { createClient } from "./flywheel-client.js";
const client = createClient({ baseURL: "${server.origin}", key: "${server.key}" });
const { queue, urgency }: { queue: "billing" | "cards" | "transfers" | "other"; urgency: 1 | 2 | 3 } = await client.triage({ message: "a" });
const order: string[] = [];
for await (const { final } of client.triage.stream({ message: "b" })) order.push(...final);
console.log(JSON.stringify([queue, urgency, order]));
`,
  );
  const compiled = spawnSync(process.execPath, [TSC, "-p", app], { encoding: "utf8" });
  deepEqual([compiled.stdout, compiled.status], ["", 0]);
  const typed = JSON.stringify({ queue: "billing", urgency: 2, summary: "one sentence" });
  upstream.says = [typed, typed];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(app, "app.js")]);
  equal(stderr, "");
  deepEqual(JSON.parse(stdout), ["billing", 2, ["/queue", "/urgency", "/summary", ""]]);
});

test("code that does not stop is ended and told with its line; everyone else is answered", async () => {
  writeFileSync(join(projectDir, "endpoints/loop.ts"), LOOP);
  const names = async () => (await server.api<EndpointList>("/api/endpoints")).data.map(({ name }) => name);
  await eventually(async () => (await names()).includes("loop") || undefined, "the endpoint");
  const headers = { authorization: `Bearer ${server.key}`, "content-type": "application/json" };
  const looping = fetch(`${server.origin}/endpoints/loop`, { method: "POST", headers, body: '"x"' });
  const typed = { queue: "other", urgency: 1, summary: "not held up for ever" };
  upstream.says = [JSON.stringify(typed)];
  const [models, other, ended] = await Promise.all([
    fetch(`${server.origin}/v1/models`, { headers }),
    post({ message: MESSAGE }),
    looping,
  ]);
  deepEqual([models.status, other.status, ended.status], [200, 200, 500]);
  deepEqual(await other.json(), typed);
  const { error } = (await ended.json()) as { error: { code: string; message: string } };
  equal(error.code, "prompt_failed");
  match(error.message, /endpoints\/loop\.ts:4: did not finish within 1 s/);
  rmSync(join(projectDir, "endpoints/loop.ts"));
});

test("a mistake is named with its place, and the last good version goes on answering", async () => {
  writeFileSync(file, TRIAGE.replace("${message}", "${massage}"));
  const list = await eventually(async () => {
    const found = await server.api<EndpointList>("/api/endpoints");
    return found.diagnostics.length > 0 ? found : undefined;
  }, "the diagnostic");
  const [{ file: at, line, message }] = list.diagnostics as [EndpointList["diagnostics"][0]];
  deepEqual([at, line], ["endpoints/triage.ts", 14]);
  match(message, /massage/);
  upstream.says = [JSON.stringify({ queue: "other", urgency: 1, summary: "still here" })];
  equal(((await (await post({ message: MESSAGE })).json()) as Triage).summary, "still here");
  const built = await run(["build", "--cwd", projectDir]);
  equal(built.code, 1);
  match(built.stderr, /^endpoints\/triage\.ts:14:\d+: .*massage/m);
});
