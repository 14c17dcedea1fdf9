import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { memoryFinding } from "../../apps/cli/src/doctor/machine.ts";
import { type CommandOptions, flywheel as run } from "./command.ts";
import { COMMAND, eventually, type Flywheel, quietEnvironment, startFlywheel, temporaryFolder } from "./flywheel.ts";

type Finding = { check: string; ok: boolean; found: string; fix?: string };

async function examine(args: string[], options?: CommandOptions) {
  const { code, stdout, stderr } = await run(["doctor", "--json", ...args], options);
  assert.equal(stderr, "");
  const list = listOf(stdout);
  return { code, list, findings: new Map(list.map((finding) => [finding.check, finding])) };
}

const listOf = (stdout: string) =>
  stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Finding);

/** A project with this configuration. */
function project(config = ""): string {
  const dir = temporaryFolder("project");
  if (config) writeFileSync(join(dir, "flywheel.config.ts"), `export default ${config};\n`);
  return dir;
}

const inProject = (config: string, ...args: string[]) => examine(["--cwd", project(config), "--port", "0", ...args]);
const onFolder = (dataDir: string) => examine(["--data", dataDir, "--cwd", project(), "--port", "0"]);

const listening = async (server: Server) => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
};

const SPARK = fileURLToPath(new URL("../../models/spark/spark.gguf", import.meta.url));

describe("flywheel doctor, of a running server", () => {
  let server: Flywheel;
  let projectDir: string;
  before(async () => {
    projectDir = project();
    server = await startFlywheel({ projectDir });
  });
  after(() => server.stop());
  const here = () => examine(["--data", server.dataDir, "--cwd", projectDir]);

  test("finds nothing wrong with one that is well", async () => {
    await eventually(() => server.status(), "the control server");
    const { code, stdout } = await run(["doctor", "--data", server.dataDir, "--cwd", projectDir]);
    assert.equal(code, 0, stdout);
    assert.match(stdout, new RegExp(`ok +port +the server answers at ${server.baseUrl}`));
    assert.match(stdout, /ok +write-ahead log/);
    assert.doesNotMatch(stdout, /^(bad|!!)/m);
  });

  test("says that the log store hangs", async () => {
    const { processes } = await server.status();
    const { pid } = processes.find(({ name }) => name === "logstore")!;
    process.kill(pid, "SIGSTOP");
    const { code, findings } = await here().finally(() => process.kill(pid, "SIGCONT"));
    assert.equal(code, 1);
    assert.match(findings.get("log store")!.found, /does not answer in 3 s/);
    assert.match(findings.get("log store")!.fix!, /Nothing is lost/);
    await eventually(async () => (await here()).findings.get("log store")?.ok || undefined, "it to be well again");
  });

  test("lists its alarms", async () => {
    const file = join(projectDir, "flywheel.config.ts");
    writeFileSync(file, "export default { routes: 5 };\n");
    await eventually(async () => (await server.status()).alarms.find(({ code }) => code === "config_invalid"), "alarm");
    assert.match(server.notes(), /the last good one stays/);
    const { code, findings } = await here();
    assert.equal(code, 1);
    assert.match(findings.get("config_invalid")!.fix!, /trouble\.md/);
    rmSync(file);
    await eventually(async () => ((await server.status()).alarms.length === 0 ? true : undefined), "its end");
  });
});

describe("flywheel doctor, of a machine and a folder", () => {
  test("says that a port is taken and what to do", async () => {
    const other = createServer();
    const port = await listening(other);
    const { code, findings } = await examine(["--cwd", project(), "--port", String(port)]);
    other.close();
    assert.equal(code, 1);
    assert.match(findings.get("port")!.found, /in use/);
    assert.match(findings.get("port")!.fix!, /--port/);
    assert.ok(findings.get("node")!.ok && findings.get("local/spark")!.ok);
  });

  test("says when memory is low: less than it takes to start, or hardly any while it runs", () => {
    assert.equal(memoryFinding(300e6, false).ok, false);
    assert.match(memoryFinding(300e6, false).fix!, /0\.6 GB/);
    assert.equal(memoryFinding(300e6, true).ok, true);
    assert.equal(memoryFinding(50e6, true).ok, false);
  });

  test("says that a data folder cannot be used", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "not a folder");
    const wal = temporaryFolder();
    writeFileSync(join(wal, "wal"), "not a folder");
    for (const dataDir of [file, wal]) {
      const { code, findings } = await onFolder(dataDir);
      assert.equal(code, 1);
      assert.equal(findings.get("data folder")!.ok, false);
      assert.match(findings.get("data folder")!.fix!, /--data/);
    }
  });

  test("names every damaged file and says which can be deleted", async () => {
    const dataDir = temporaryFolder();
    const own = await run(["keys", "create", "x", "--data", dataDir, "--cwd", project()]);
    assert.equal(own.code, 0, own.stderr);
    assert.equal((await onFolder(dataDir)).code, 0);
    const control = readFileSync(join(dataDir, "control.db"));
    control.fill(0xff, 4096, 3 * 4096);
    writeFileSync(join(dataDir, "control.db"), control);
    for (const side of ["-wal", "-shm"]) rmSync(join(dataDir, `control.db${side}`), { force: true });
    writeFileSync(join(dataDir, "studio.token"), "hello world");
    writeFileSync(join(dataDir, "run.lock"), "garbage ".repeat(1000));
    const { code, list } = await onFolder(dataDir);
    assert.equal(code, 1);
    const damaged = list.filter(({ check, ok }) => check === "damaged file" && !ok);
    assert.deepEqual(
      damaged.map(({ found }) => /([\w.]+): /.exec(found)![1]),
      ["control.db", "run.lock", "studio.token"],
    );
    assert.match(damaged[0]!.fix!, /flywheel keys create/);
    assert.match(damaged[2]!.fix!, /Delete it/);
  });

  test("says that the clock is behind what was written", async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, "wal"));
    const segment = join(dataDir, "wal", "later");
    writeFileSync(segment, "");
    const later = Date.now() / 1000 + 7200;
    utimesSync(segment, later, later);
    const { code, findings } = await onFolder(dataDir);
    assert.equal(code, 1);
    assert.match(findings.get("clock")!.found, /written (119|120) minutes later/);
    assert.match(findings.get("clock")!.fix!, /clock/);
  });

  test("counts what could not become rows", async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, "rejects"));
    writeFileSync(join(dataDir, "rejects", "segment-0.json"), "{}");
    const { code, findings } = await onFolder(dataDir);
    assert.equal(code, 0, "nothing else is held up by it");
    assert.match(findings.get("rejects")!.found, /^1 generation could not/);
    assert.match(findings.get("rejects")!.fix!, /reason/);
  });

  test("says that the disk is nearly full", async (context) => {
    const disk = temporaryFolder("disk");
    const line = `mount -t tmpfs -o size=300m none ${disk} && exec "$@"`;
    const args = ["doctor", "--json", "--data", disk, "--cwd", project(), "--port", "0"];
    const under = ["--user", "--map-root-user", "--mount", "sh", "-c", line, "sh", process.execPath, COMMAND, ...args];
    const { status, stdout, error } = spawnSync("unshare", under, { encoding: "utf8", env: quietEnvironment() });
    if (error || !stdout) return context.skip("a small file system cannot be mounted here");
    const finding = listOf(stdout).find(({ check }) => check === "disk")!;
    assert.equal(status, 1);
    assert.match(finding.found, /^0\.3 GB free$/);
    assert.match(finding.fix!, /64 MB/);
  });
});

describe("flywheel doctor, of a project", () => {
  test("says that a configuration does not load", async () => {
    const { code, findings } = await inProject("{ durability: 'maybe' }");
    assert.equal(code, 1);
    assert.match(findings.get("configuration")!.found, /durability/);
    assert.match(findings.get("configuration")!.fix!, /flywheel\.config\.ts/);
  });

  test("sees the providers' keys of the project's .env", async () => {
    const dir = project();
    writeFileSync(join(dir, ".env"), "OPENAI_API_KEY=sk-test\n");
    const { findings } = await examine(["--cwd", dir, "--port", "0"]);
    assert.match(findings.get("providers")!.found, /openai/);
  });

  test("says which key a route lacks: trouble where nobody is left, worth a look where somebody is", async () => {
    const none = await inProject('{ routes: { smart: ["openai/gpt-4o", "anthropic/claude-x"] } }');
    assert.equal(none.code, 1);
    assert.match(none.findings.get("route smart")!.found, /openai\/gpt-4o.*anthropic\/claude-x/);
    assert.match(none.findings.get("route smart")!.fix!, /Set OPENAI_API_KEY; set ANTHROPIC_API_KEY/);
    const some = await inProject('{ routes: { smart: ["openai/gpt-4o", "local/spark"] } }');
    assert.equal(some.code, 0);
    assert.match(some.findings.get("route smart")!.fix!, /OPENAI_API_KEY/);
  });

  test("looks into every model file: missing, cut short, something else", async () => {
    const folder = temporaryFolder("models");
    const cut = join(folder, "cut.gguf");
    cpSync(SPARK, cut);
    truncateSync(cut, 100_000);
    const other = join(folder, "other.gguf");
    writeFileSync(other, "PK\u0003\u0004 not a model at all");
    const link = join(folder, "whole.gguf");
    symlinkSync(SPARK, link);
    const gone = await inProject(`{ local: { gone: "${join(folder, "gone.gguf")}" } }`);
    assert.match(gone.findings.get("configuration")!.found, /gone\.gguf/);
    const local = JSON.stringify({ cut, other, whole: link });
    const { code, findings } = await inProject(`{ local: ${local} }`);
    assert.equal(code, 1);
    assert.match(findings.get("local/cut")!.found, /truncated|outside|beyond|end/);
    assert.match(findings.get("local/other")!.found, /GGUF/);
    assert.ok(findings.get("local/whole")!.ok);
    assert.match(findings.get("local/cut")!.fix!, /download/);
  });

  test("knocks at providers on request only: gone, key refused, well", async () => {
    let knocks = 0;
    const refusing = createHttpServer((_, response) => {
      knocks++;
      response.writeHead(401).end("{}");
    });
    const answering = createHttpServer((_, response) => response.end("{}"));
    const unused = createServer();
    const gone = await listening(unused);
    unused.close();
    const [refuses, answers] = [await listening(refusing), await listening(answering)];
    const at = (port: number) => `{ baseUrl: "http://127.0.0.1:${port}/v1", apiKeyEnv: "SOME_KEY" }`;
    const dir = project(`{ providers: { gone: ${at(gone)}, refuses: ${at(refuses)}, answers: ${at(answers)} } }`);
    const look = (...args: string[]) => examine(["--cwd", dir, "--port", "0", ...args], { env: { SOME_KEY: "sk-1" } });
    const quiet = await look();
    assert.deepEqual([quiet.code, knocks], [0, 0]);
    const { code, findings } = await look("--online");
    refusing.close();
    answering.close();
    assert.equal(code, 1);
    assert.match(findings.get("gone")!.found, /cannot be reached/);
    assert.match(findings.get("refuses")!.found, /refuses the key/);
    assert.ok(findings.get("answers")!.ok);
    assert.ok(!JSON.stringify([...findings]).includes("sk-1"));
  });
});
