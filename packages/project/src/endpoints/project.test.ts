import assert from "node:assert/strict";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Diagnostic } from "@flywheel/protocol";
import {
  endpointFile,
  followed,
  type OpenProject,
  projectFolder,
  writeProjectFile,
} from "../../test/project-folder.ts";
import type { ProjectState } from "./project.ts";

const isBroken = ({ diagnostics }: ProjectState) => diagnostics.length > 0;
const told = ({ file, line, message }: Diagnostic) => `${file}:${line ?? ""} ${message}`;

const TRIAGE = `import { defineEndpoint } from "flywheel";
/**
 * Sorts messages.
 * Quickly.
 */
const triage = defineEndpoint<{ text: string }>({
  model: "fast",
  temperature: 0.2,
  maxOutputTokens: 50,
  cache: false,
  examples: [{ input: { text: "a" }, output: "b" }],
  prompt: ({ text }) => [{ role: "system", content: "Sort." }, { role: "user", content: text }],
});
export default triage;`;

/** Written as nobody would have to. */
const VARIED = {
  "tsconfig.json": JSON.stringify({ compilerOptions: { paths: { "@lib/*": ["./lib/*"] } } }),
  "lib/tone.ts": 'export enum Tone { Kind = "kind" }',
  "lib/rules.json": '{ "limit": 3 }',
  "node_modules/old-package/package.json": '{ "main": "main.js" }',
  "node_modules/old-package/main.d.ts": "export function say(): string;",
  "node_modules/old-package/main.js": `const fs = require("fs"), util = require("util"), { EventEmitter } = require("events");
    exports.say = () => util.format("%s", new EventEmitter().listenerCount("x"));
    exports.read = () => fs.readFileSync("x");`,
  "endpoints/varied.ts": endpointFile(
    "({ text }) => [text, Tone.Kind, rules.limit, say(), basename('/a/b'), createHash('md5').update('').digest('hex')].join(' ')",
    `import { Tone } from "@lib/tone"; import rules from "../lib/rules.json"; import { say } from "old-package";
      import { basename } from "path"; import { createHash } from "node:crypto";`,
  ),
};

const PRINTS = `({ text }) => {
    console.log("rendering", { text });
    setTimeout(() => { throw new Error("too late"); }, 1);
    return text;
  }`;
const SPINS =
  "({ text }) => { const spin = () => { for (let i = 0; i < 1e6; i++); setImmediate(spin); }; spin(); return text; }";

describe("a project's endpoints", () => {
  let project: OpenProject;
  before(async () => {
    const dir = projectFolder({
      ...VARIED,
      "endpoints/triage.ts": TRIAGE,
      "endpoints/support/reply.mts": endpointFile("() => JSON.stringify([process.env, process.argv.length])"),
      "endpoints/prints.ts": endpointFile(PRINTS),
      "endpoints/spins.ts": endpointFile(SPINS),
      "endpoints/waits.ts": endpointFile("() => new Promise<string>(() => {})"),
      "endpoints/triage.test.ts": "throw new Error()",
      "endpoints/_shared/prompt.ts": "throw new Error()",
      "endpoints/.draft.ts": "throw new Error()",
      "endpoints/types.d.ts": "export interface X {}",
      "endpoints/readme.md": "",
    });
    project = followed(dir, { env: { CRM: "secret" }, timeoutMs: 1000 });
    await project.built();
  });

  it("are the files of its folder, by their paths; tests, hidden and underlined ones are not", () => {
    const found = project.state!.build.endpoints.map(({ name, file }) => `${name} ${file}`);
    assert.deepEqual(found, [
      "prints endpoints/prints.ts",
      "spins endpoints/spins.ts",
      "support/reply endpoints/support/reply.mts",
      "triage endpoints/triage.ts",
      "varied endpoints/varied.ts",
      "waits endpoints/waits.ts",
    ]);
  });

  it("say what their definition says, and what is written above it", async () => {
    const triage = project.state!.build.endpoints.find(({ name }) => name === "triage")!;
    const { input: _, output: __, ...stated } = triage;
    assert.deepEqual(stated, {
      name: "triage",
      file: "endpoints/triage.ts",
      description: "Sorts messages.\nQuickly.",
      model: "fast",
      examples: [{ input: { text: "a" }, output: "b" }],
      temperature: 0.2,
      max_output_tokens: 50,
      cache: false,
    });
    assert.equal(await project.say("triage", "hello"), "system: Sort.\nuser: hello");
  });

  it("may be written with enums, paths of tsconfig.json, imports without ending, JSON and packages", async () => {
    assert.equal(await project.say("varied", "x"), "user: x kind 3 0 b d41d8cd98f00b204e9800998ecf8427e");
  });

  it("see the variables that the configuration names, and no others", async () => {
    assert.equal(await project.say("support/reply"), 'user: [{"CRM":"secret"},1]');
  });

  it("tell what they print, and what they throw when nobody waits", async () => {
    assert.equal(await project.say("prints", "x"), "user: x");
    while (project.output.length < 2) await sleep(10);
    assert.deepEqual(project.output.splice(0), ['rendering {"text":"x"}', "endpoints/prints.ts:5: too late"]);
  });

  it("that only wait too long are given up, each by itself: their process goes on", async () => {
    const { pid } = project;
    const said = await Promise.all(Array.from({ length: 3 }, () => project.say("waits")));
    for (const each of said) assert.match(each, /endpoints\/waits\.ts:3: did not finish within 1 s/);
    assert.equal(await project.say("triage", "z"), "system: Sort.\nuser: z");
    assert.equal(project.pid, pid);
  });

  it("that go on working after they answered are ended", async () => {
    assert.equal(await project.say("spins", "x"), "user: x");
    while (project.output.length === 0) await sleep(10);
    assert.match(project.output.join(), /kept working after it had answered/);
    assert.equal(await project.say("triage", "y"), "system: Sort.\nuser: y");
  });
});

describe("a mistake in a project's code is told with file and line", () => {
  let dir: string;
  let project: OpenProject;
  before(async () => {
    const file = endpointFile("() => ''");
    dir = projectFolder({ "endpoints/a.ts": file, ".env.json": "{}", "secret.txt": "x" });
    project = followed(dir, { loadMs: 1500 });
    await project.built();
  });

  /** What is said after this is in the folder. */
  async function problemsOf(files: Record<string, string>): Promise<string[]> {
    const before = project.state;
    for (const [path, text] of Object.entries(files)) writeProjectFile(dir, path, text);
    const { diagnostics } = await project.until((state) => state !== before);
    return diagnostics.map(told);
  }

  const define = (body: string) =>
    `import { defineEndpoint } from "flywheel";\nexport default defineEndpoint<{ text: string }>({\n${body}\n} as never);`;

  for (const [what, text, problem] of [
    ["a syntax error", "export default {\n  a: ;\n};", /^endpoints\/a\.ts:2 /],
    [
      "a missing import",
      'import "./nowhere";\nexport default 1;',
      /^endpoints\/a\.ts:1 Could not resolve '\.\/nowhere'/,
    ],
    ["no default export", "export const a = 1;", /^endpoints\/a\.ts: there is no default export/],
    ["another default export", "export default 5;", /^endpoints\/a\.ts:1 the default export is no endpoint/],
    ["no prompt", define('model: "fast",'), /^endpoints\/a\.ts:2 prompt: expected a function .*, got nothing/],
    [
      "a misspelt key",
      define('prompt: () => "",\nmodle: "fast",'),
      /^endpoints\/a\.ts:4 unknown key `modle`; did you mean `model`/,
    ],
    [
      "a temperature too high",
      define('prompt: () => "",\ntemperature: 20,'),
      /^endpoints\/a\.ts:4 temperature: expected a number from 0 to 2, got 20/,
    ],
    [
      "an endpoint as model",
      define('prompt: () => "",\nmodel: "endpoint/b",'),
      /^endpoints\/a\.ts:4 model: an endpoint cannot be answered by an endpoint/,
    ],
    [
      "an example that is no data",
      define('prompt: () => "",\nexamples: [{ input: { at: new Date() }, output: "" }],'),
      /^endpoints\/a\.ts:4 examples\[0\]\.input\.at: expected something that JSON can say, got a Date/,
    ],
    ["a throw while loading", `${endpointFile("() => ''")}throw new Error("no");`, /^endpoints\/a\.ts:5 no$/],
    [
      "a type error",
      define("prompt: ({ text }) => text.lenght,").replace(" as never", ""),
      /^endpoints\/a\.ts:3 .*'lenght'/,
    ],
    [
      "a module that is closed",
      'import { readFileSync } from "node:fs";\nexport default readFileSync;',
      /^endpoints\/a\.ts:1 node:fs: files are closed/,
    ],
    ["a way out of the process", endpointFile("() => process.exit(1)"), /^endpoints\/a\.ts:3 .*'exit' does not exist/],
    [
      "a file outside of the project",
      'import text from "/etc/hostname";\nexport default text;',
      /^endpoints\/a\.ts:1 \/etc\/hostname lies outside of/,
    ],
    [
      "the file of keys",
      'import text from "../.env.json" with { type: "json" };\nexport default text;',
      /^endpoints\/a\.ts:1 \.\.\/\.env\.json is private/,
    ],
    [
      "a file that is no code",
      'import text from "../secret.txt" with { type: "text" };\nexport default text;',
      /^endpoints\/a\.ts:1 \.\.\/secret\.txt is neither code nor JSON/,
    ],
  ] as const)
    it(what, async () => {
      const problems = await problemsOf({ "endpoints/a.ts": text });
      assert.match(problems[0] ?? "", problem);
    });

  it("a loop while loading", async () => {
    const files = { "endpoints/a.ts": `${endpointFile("() => ''")}for (;;);` };
    assert.deepEqual(await problemsOf(files), ["endpoints/a.ts:5 did not finish within 1.5 s"]);
  });

  it("two files of one name, and a name that cannot be in an address", async () => {
    const file = endpointFile("() => ''");
    assert.deepEqual(await problemsOf({ "endpoints/a.ts": file, "endpoints/a.mts": file, "endpoints/b c.ts": file }), [
      "endpoints/a.ts: endpoints/a.mts is the endpoint `a` already",
      "endpoints/b c.ts: `b c` cannot be the name of an endpoint",
    ]);
  });
});

describe("an edit of a project", () => {
  const edit = (dir: string, prompt: string) => writeProjectFile(dir, "endpoints/a.ts", endpointFile(prompt));

  async function open(): Promise<{ dir: string; project: OpenProject }> {
    const dir = projectFolder({ "endpoints/a.ts": endpointFile("() => 'one'") });
    const project = followed(dir);
    await project.built();
    return { dir, project };
  }

  it("that is broken changes nothing; the next good one is served", async () => {
    const { dir, project } = await open();
    edit(dir, "() => 'two");
    const broken = await project.until(isBroken);
    assert.match(told(broken.diagnostics[0]!), /^endpoints\/a\.ts:3 /);
    assert.equal(await project.say("a"), "user: one");
    edit(dir, "() => 'three'");
    await project.until((state) => !isBroken(state));
    assert.equal(await project.say("a"), "user: three");
  });

  it("is served beside files that were never good: those are left out, at the start and later", async () => {
    const broken = {
      "endpoints/b.ts": "export default {",
      "endpoints/c.ts": `${endpointFile("() => 'c'")}throw new Error("no");`,
    };
    const dir = projectFolder({ "endpoints/a.ts": endpointFile("() => 'one'"), ...broken });
    const project = followed(dir);
    const { build, diagnostics } = await project.until(() => true);
    assert.deepEqual(build.endpoints.map(({ name }) => name), ["a"]); // prettier-ignore
    assert.deepEqual(diagnostics.map(({ file }) => file), ["endpoints/b.ts", "endpoints/c.ts"]); // prettier-ignore
    edit(dir, "() => 'two'");
    for (let said = ""; said !== "user: two"; said = await project.say("a")) await sleep(10);
    writeProjectFile(dir, "endpoints/b.ts", endpointFile("() => 'b'"));
    await project.until((state) => state.build.endpoints.length === 2);
    writeProjectFile(dir, "endpoints/b.ts", "export default {");
    await project.until((state) => state.diagnostics.some(({ file }) => file === "endpoints/b.ts"));
    assert.equal(await project.say("b"), "user: b");
  });

  it("drops no prompt: those of the build before are answered by it", async () => {
    const dir = projectFolder({
      "endpoints/a.ts": endpointFile(
        "async () => { await new Promise((done) => setTimeout(done, 1000)); return 'old'; }",
      ),
    });
    const project = followed(dir);
    const { build: old } = await project.built();
    const slow = project.say("a");
    edit(dir, "() => 'new'");
    await project.until(({ build }) => build.id !== old.id);
    assert.equal(await project.say("a"), "user: new");
    const late = project.renderPrompt(old.id, "a", { text: "" });
    assert.equal(await slow, "user: old");
    assert.deepEqual(await late, [{ role: "user", content: "old" }]);
    await assert.rejects(project.renderPrompt("never", "a", {}), { code: "build_replaced", retryable: true });
  });

  it("is seen where a file is replaced, where an imported one is edited, and where one comes or goes", async () => {
    const dir = projectFolder({
      "endpoints/a.ts": endpointFile("() => said", 'import { said } from "../said";'),
      "said.ts": "export const said = 'one';",
    });
    const project = followed(dir);
    await project.built();
    const until = async (text: string) => {
      for (let said = ""; said !== `user: ${text}`; said = await project.say("a")) await sleep(10);
    };
    writeProjectFile(dir, "said.ts", "export const said = 'two';");
    await until("two");
    writeProjectFile(dir, "said.new", "export const said = 'three';");
    renameSync(join(dir, "said.new"), join(dir, "said.ts"));
    await until("three");
    writeProjectFile(dir, "endpoints/deep/b.ts", endpointFile("() => 'b'"));
    await project.until(({ build }) => build.endpoints.length === 2);
    assert.equal(await project.say("deep/b"), "user: b");
    rmSync(join(dir, "endpoints"), { recursive: true });
    await project.until(({ build }) => build.endpoints.length === 0);
  });

  it("may take all endpoints away while they are about to be read", async () => {
    const dir = projectFolder({ "endpoints/a.ts": endpointFile("() => 'one'") });
    const project = followed(dir, {}, () => rmSync(join(dir, "endpoints"), { recursive: true }));
    await project.built();
    writeProjectFile(dir, "endpoints/a.ts", endpointFile("() => 'two'"));
    await project.until(({ build }) => build.endpoints.length === 0);
  });

  it("of what the code may have starts it anew", async () => {
    const dir = projectFolder({ "endpoints/a.ts": endpointFile("() => String(process.env.CRM)") });
    const project = followed(dir);
    await project.built();
    assert.equal(await project.say("a"), "user: undefined");
    project.configure({ env: { CRM: "x" }, hosts: [], memoryBytes: 256e6, timeoutMs: 5000 });
    for (let said = ""; said !== "user: x"; said = await project.say("a")) await sleep(10);
  });
});
