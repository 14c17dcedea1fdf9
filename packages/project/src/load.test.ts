import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { DEFAULT_CONFIG } from "@flywheel/protocol";
import { loadConfig, type LoadOptions } from "./load.ts";

const root = mkdtempSync(join(tmpdir(), "flywheel-load-"));
after(() => rmSync(root, { recursive: true }));

let projects = 0;

/** A project folder with these files; outside the clone, without `node_modules`. */
function project(files: Record<string, string>): string {
  const dir = join(root, String(projects++));
  mkdirSync(dir);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

const load = (config: string, options?: LoadOptions) => loadConfig(project({ "flywheel.config.ts": config }), options);

async function problemsOf(config: string, options?: LoadOptions): Promise<string[]> {
  const error = await load(config, options).then(
    () => assert.fail("it loaded"),
    (reason: Error & { code?: string }) => reason,
  );
  assert.equal(error.code, "config_invalid");
  return error.message.split("\n");
}

describe("a configuration", () => {
  test("that is not there is the default one", async () => {
    assert.deepEqual(await loadConfig(project({})), DEFAULT_CONFIG);
  });

  test("that says nothing is the default one", async () => {
    assert.deepEqual(
      await load(`import { defineConfig } from "flywheel"; export default defineConfig({});`),
      DEFAULT_CONFIG,
    );
  });

  test("becomes frozen plain data with every default filled in", async () => {
    const dir = project({
      "models/mine.gguf": "GGUF",
      "flywheel.config.ts": `
        import { defineConfig } from "flywheel";
        export default defineConfig({
          providers: { work: { baseUrl: "https://llm.example.com/v1/", apiKeyEnv: "WORK_KEY", models: ["large"] } },
          routes: { default: ["work/large", "local/spark"], cheap: "openai/gpt-4o-mini", split: {
            targets: ["work/large", { model: "openai/gpt-4o", weight: 3 }],
            timeouts: { firstByteMs: 2000, totalMs: 30_000 },
            retries: 0,
          } },
          prices: { "work/large": { input: 0.4, output: 1.2, cacheRead: 0.04 } },
          redaction: ["card", { name: "ticket", pattern: /tkt-\\d+/i }, { name: "x", pattern: "x1", replacement: "" }],
          retention: { days: 7 },
          durability: "strict",
          local: { mine: "./models/mine.gguf", long: { path: "models/mine.gguf", contextLength: 4096 } },
        });`,
    });
    const config = await loadConfig(dir);
    const main = {
      targets: [
        { provider: "work", model: "large" },
        { provider: "local", model: "spark" },
      ],
    };
    const path = join(dir, "models/mine.gguf");
    assert.deepEqual(config.routes, {
      default: main,
      cheap: { targets: [{ provider: "openai", model: "gpt-4o-mini" }] },
      split: {
        targets: [
          { provider: "work", model: "large", weight: 1 },
          { provider: "openai", model: "gpt-4o", weight: 3 },
        ],
        timeouts: { first_byte: 2000, total: 30_000 },
        retries: 0,
      },
      fast: main,
    });
    assert.deepEqual(config.providers["work"], {
      base_url: "https://llm.example.com/v1",
      api_key_env: "WORK_KEY",
      headers: {},
      models: ["large"],
    });
    assert.deepEqual(config.prices, { "work/large": { input: 0.4, output: 1.2, cache_read: 0.04 } });
    assert.equal(config.redaction[0]!.check, "luhn");
    assert.deepEqual(config.redaction.slice(1), [
      { name: "ticket", pattern: "(?i:tkt-\\d+)", replacement: "[ticket]" },
      { name: "x", pattern: "x1", replacement: "" },
    ]);
    assert.deepEqual(config.retention, { days: 7, wal_seconds: 3600 });
    assert.equal(config.durability, "strict");
    assert.deepEqual(config.local, { mine: { path }, long: { path, context_length: 4096 } });
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.routes["default"]?.targets[0]));
  });

  test("may use enums, tsconfig paths, imports without extension, JSON, npm packages and top-level await", async () => {
    const dir = project({
      "tsconfig.json": `{ "compilerOptions": { "paths": { "@names/*": ["./names/*"] } } }`,
      "names/models.ts": `export enum Model { Spark = "local/spark" }`,
      "node_modules/a-package/package.json": `{ "name": "a-package", "main": "main.cjs" }`,
      "node_modules/a-package/main.cjs": `module.exports.days = 3;`,
      "prices.json": `{ "a/b": { "input": 1, "output": 2 } }`,
      "flywheel.config.ts": `
        import { defineConfig } from "flywheel";
        import { days } from "a-package";
        import { Model } from "@names/models";
        import prices from "./prices.json";
        const durability = await Promise.resolve("buffered" as const);
        export default Promise.resolve(defineConfig({ routes: { fast: Model.Spark }, prices, retention: { days }, durability }));`,
    });
    const config = await loadConfig(dir);
    assert.deepEqual(config.routes["fast"], { targets: [{ provider: "local", model: "spark" }] });
    assert.deepEqual([config.retention.days, config.prices["a/b"]!.output, config.durability], [3, 2, "buffered"]);
  });

  test("may be JavaScript", async () => {
    const dir = project({ "flywheel.config.mjs": `export default { retention: { days: 2 } };` });
    assert.equal((await loadConfig(dir)).retention.days, 2);
  });

  test("sees no environment and prints nothing that matters", async () => {
    process.env["FLYWHEEL_TEST_KEY"] = "sk-secret";
    try {
      const config = await load(`
        console.log('{"garbage":'); console.error("more");
        export default { routes: { x: "a/" + JSON.stringify(process.env).replaceAll(" ", "") } };`);
      assert.deepEqual(config.routes["x"], { targets: [{ provider: "a", model: "{}" }] });
    } finally {
      delete process.env["FLYWHEEL_TEST_KEY"];
    }
  });
});

describe("a configuration that is wrong", () => {
  test("is told every problem, with its place and what was meant", async () => {
    const problems = await problemsOf(`export default {
      provider: {},
      routes: {
        fast: ["local/spark", 42], none: [], "a/b": "x/y", five: 5, alone: {},
        odd: { targets: "x/y", timeout: { totalMs: 1 }, timeouts: { total: 3, idleMs: "1s" }, retries: 1.5 },
        never: { targets: [{ model: "x/y", weight: 0 }, { model: "gpt", weight: -1, wieght: 2 }] },
        zero: { targets: [{ model: "x/y", weight: 0 }] },
      },
      providers: { Big: { baseUrl: "http://x" }, a: { baseUrl: "ftp://x", headers: { authorization: "Bearer x" } }, b: { baseUrl: "http://u:p@x" }, c: { baseUrl: "http://x", dialect: "xml" } },
      prices: { "a/b": { input: "1", output: -1 } },
      redaction: ["emial", { name: "a", pattern: "(" }, { name: "b", pattern: /x*/ }, { name: "c", pattern: /(a+)+$/ }, () => 1],
      retention: { day: 3, walSeconds: NaN },
      durability: "fast",
      local: { a: "./none.gguf", b: new Map() },
    }`);
    const expected = [
      /^unknown key `provider`; did you mean `providers`\?$/,
      /^providers\.Big: the name is not made of small letters/,
      /^providers\.a\.baseUrl: expected an address such as .*, got "ftp:\/\/x"$/,
      /^providers\.a\.headers\.authorization: secrets do not belong here/,
      /^providers\.b\.baseUrl: an address with a password/,
      /^providers\.c\.dialect: expected "openai-chat" or .*"gemini", got "xml"$/,
      /^routes\.fast\[1\]: expected "provider\/model", got 42$/,
      /^routes\.none: expected at least one target, got an empty list$/,
      /^routes\["a\/b"\]: the name is not free of/,
      /^routes\.five: expected "provider\/model", a list of targets or \{ targets: \[…\] \}, got 5$/,
      /^routes\.alone\.targets: expected a list of targets, got nothing$/,
      /^routes\.odd: unknown key `timeout`; did you mean `timeouts`\?$/,
      /^routes\.odd\.targets: expected a list of targets, got "x\/y"$/,
      /^routes\.odd\.timeouts: unknown key `total`; did you mean `totalMs`\?$/,
      /^routes\.odd\.timeouts\.idleMs: expected milliseconds, at least 1, got "1s"$/,
      /^routes\.odd\.retries: expected a whole number from 0 to 10, got 1\.5$/,
      /^routes\.never\.targets\[1\]: unknown key `wieght`; did you mean `weight`\?$/,
      /^routes\.never\.targets\[1\]\.model: expected "provider\/model", got "gpt"$/,
      /^routes\.never\.targets\[1\]\.weight: expected a number from 0 to 1000000, got -1$/,
      /^routes\.zero\.targets: all weights are 0, so none could be asked first$/,
      /^prices\["a\/b"\]\.input: expected US dollars per million tokens, got "1"$/,
      /^prices\["a\/b"\]\.output: expected US dollars per million tokens, got -1$/,
      /^redaction\[0\]: there is no pattern "emial"; did you mean "email"\?$/,
      /^redaction\[1\]\.pattern: Invalid regular expression/,
      /^redaction\[2\]\.pattern: matches everywhere/,
      /^redaction\[3\]\.pattern: takes too long on texts like "aaaa/,
      /^redaction\[4\]: expected the name of a pattern, or \{ name, pattern \}, got a function$/,
      /^retention: unknown key `day`; did you mean `days`\?$/,
      /^retention\.walSeconds: expected seconds, 0 or more, got NaN$/,
      /^durability: expected "buffered" or "fsync" or "strict", got "fast"$/,
      /^local\.a: there is no file .*none\.gguf$/,
      /^local\.b: expected the path of a GGUF file, got a Map$/,
    ];
    const bare = problems.map((problem) => problem.replace(/^flywheel\.config\.ts: /, ""));
    assert.equal(bare.length, expected.length, bare.join("\n"));
    for (const [i, pattern] of expected.entries()) assert.match(bare[i]!, pattern);
  });

  test("does not have a key repeated that stands where its name should", async () => {
    const [problem] = await problemsOf(
      `export default { providers: { a: { baseUrl: "http://x", apiKeyEnv: "sk-very secret" } } }`,
    );
    assert.match(problem!, /apiKeyEnv: expected the name of an environment variable/);
    assert.doesNotMatch(problem!, /secret/);
  });

  const WRONG: [what: string, source: string, message: RegExp][] = [
    ["does not parse", "export default {\n  a: = 1 }", /^flywheel\.config\.ts:2:6: Unexpected token/],
    [
      "imports what is not there",
      `import x from "./nope";\nexport default x`,
      /^flywheel\.config\.ts:1:15: Could not resolve '.\/nope'/,
    ],
    [
      "imports a package that is not installed",
      `import x from "nope-nope";\nexport default x`,
      /^flywheel\.config\.ts:1:15: Could not resolve 'nope-nope'/,
    ],
    ["throws", "const a = 1;\n\nthrow new TypeError('no ' + a)", /^flywheel\.config\.ts:3: TypeError: no 1$/],
    ["throws what is no error", "throw { a: 1 }", /^flywheel\.config\.ts: threw \{"a":1\}, which is not an Error$/],
    ["rejects later", "Promise.reject(new Error('late'));\nawait new Promise((r) => setTimeout(r, 1000));", /late$/],
    ["exports nothing", "export const a = 1", /has no default export/],
    ["exports a function", "export default () => ({})", /default export to be an object, .* got a function$/],
    ["exports a list", "export default []", /default export to be an object, .* got an empty list$/],
    ["exports what contains itself", "const a: any = {}; a.a = a; export default { durability: a }", /durability/],
    ["ends its process", "export default process.exit(0)", /ended its process \(exit code 0\)/],
    [
      "reads a file",
      `import fs from "node:fs";\nexport default fs.readFileSync("/etc/hosts")`,
      /^flywheel\.config\.ts:2: files, network and processes are closed/,
    ],
    [
      "starts a process",
      `import { spawnSync } from "node:child_process";\nexport default spawnSync("ls")`,
      /^flywheel\.config\.ts:2: files, network and processes are closed/,
    ],
    [
      "calls out",
      `await fetch("http://127.0.0.1:9999/");\nexport default {}`,
      /files, network and processes are closed/,
    ],
    [
      "needs more memory than there is",
      "const a = []; for (;;) a.push(new Array(1e6).fill(1.5)); export default a",
      /ran out of memory/,
    ],
  ];

  for (const [what, source, message] of WRONG) {
    test(`because it ${what} says so in one line`, async () => {
      const problems = await problemsOf(source);
      assert.equal(problems.length, 1);
      assert.match(problems[0]!, message);
    });
  }

  test("because it never ends is stopped", async () => {
    const problems = await problemsOf("let i = 0; while (true) i++; export default { i }", { timeoutMs: 2000 });
    assert.deepEqual(problems, ["flywheel.config.ts: did not finish within 2 s"]);
  });

  test("names the file of its own that threw, not the one that imported it", async () => {
    const dir = project({
      "lib/boom.ts": `interface Unused { a: 1 }\n\nexport function boom(): never {\n  throw new Error("boom");\n}`,
      "flywheel.config.ts": `import { boom } from "./lib/boom";\nexport default boom();`,
    });
    await assert.rejects(loadConfig(dir), { message: "lib/boom.ts:4: boom" });
  });
});
