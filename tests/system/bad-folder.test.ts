import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { newId } from "@flywheel/protocol";
import type { BeginHead, EndHead } from "@flywheel/protocol";
import { createWalWriter, listSegments } from "@flywheel/store/wal";
import { type Ended, flywheel as command, startCommand } from "./command.ts";
import { eventually, removeFolder, startFlywheel, temporaryFolder } from "./flywheel.ts";

/** A data folder with rows in it, made once; every test spoils a copy. */
let good: string;
let ids: string[];
before(async () => {
  good = temporaryFolder();
  const server = await startFlywheel({ dataDir: good });
  ids = [];
  for (let n = 0; n < 3; n++) {
    const response = await fetch(`${server.baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "local/spark", max_tokens: 5, messages: [{ role: "user", content: `call ${n}` }] }),
    });
    assert.equal(response.status, 200, await response.text());
    ids.push(response.headers.get("flywheel-generation-id")!);
  }
  await server.rows(3);
  assert.equal(await server.stop(), 0);
});
after(() => removeFolder(good));

function copy(): string {
  const dataDir = join(temporaryFolder(), "data");
  cpSync(good, dataDir, { recursive: true, verbatimSymlinks: true });
  return dataDir;
}

const dev = (dataDir: string, ...more: string[]) =>
  command(["dev", "--json", "--port", "0", "--data", dataDir, "--cwd", "/tmp", ...more]);

/** Exit code 1 and exactly one line, which names what is wrong. */
function assertOneLine({ code, stderr }: Ended, pattern: RegExp): void {
  assert.equal(code, 1, stderr);
  assert.match(stderr, /^flywheel: [^\n]+\n$/);
  assert.match(stderr, pattern);
}

const spoil = (path: string) => writeFileSync(path, randomBytes(50_000));

/** Every row there was is still there once `mend` has undone the damage: the failed start destroyed nothing. */
async function assertRowsAfter(dataDir: string, mend: () => void): Promise<void> {
  mend();
  const server = await startFlywheel({ dataDir });
  const rows = await server.rows(3);
  assert.deepEqual(rows.map(({ id }) => id).sort(), ids.toSorted());
  assert.equal(await server.stop(), 0);
}

describe("a start is refused with one line and exit code 1", () => {
  test("where another process has the data folder, which goes on undisturbed", async () => {
    const dataDir = temporaryFolder();
    const first = await startFlywheel({ dataDir });
    assertOneLine(await dev(dataDir), /Another flywheel runs on .*--data/);
    assert.ok((await first.status()).processes.every(({ restarts }) => restarts === 0));
    assert.equal(await first.stop(), 0);
    removeFolder(dataDir);
  });

  test("where the port is taken, and the other program keeps it", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const dataDir = temporaryFolder();
    assertOneLine(await dev(dataDir, "--port", String(port)), new RegExp(`Port ${port} is in use.*--port`));
    other.close();
    const free = await startFlywheel({ dataDir, args: ["--port", String(port)] });
    assert.equal(new URL(free.origin).port, String(port));
    assert.equal(await free.stop(), 0);
    removeFolder(dataDir);
  });

  test("where the data folder is a file, or lies where none can be made", async () => {
    const dataDir = join(temporaryFolder(), "data");
    writeFileSync(dataDir, "a file");
    assertOneLine(await dev(dataDir), /data folder .*data cannot be used/);
    assert.equal(readFileSync(dataDir, "utf8"), "a file");
    assertOneLine(await dev("/dev/null/data"), /data folder \/dev\/null\/data cannot be used/);
  });

  test(
    "where the data folder may not be read",
    { skip: process.getuid!() === 0 && "root may read everything" },
    async () => {
      const dataDir = copy();
      chmodSync(join(dataDir, "wal"), 0o000);
      assertOneLine(await dev(dataDir), /cannot be used.*permission denied/);
      await assertRowsAfter(dataDir, () => chmodSync(join(dataDir, "wal"), 0o700));
    },
  );

  const files = ["control.db", "ingest.db", "run.lock", "children.lock", "dev.key", "studio.token", "logs/lock"];
  for (const file of files)
    test(`where ${file} holds garbage, and its rows are untouched`, async () => {
      const dataDir = copy();
      const path = join(dataDir, file);
      const kept = readFileSync(path);
      spoil(path);
      assertOneLine(await dev(dataDir), new RegExp(file.startsWith("logs") ? "logs" : file.replace(".", "\\.")));
      await assertRowsAfter(dataDir, () => writeFileSync(path, kept));
    });

  test("where the folder of chDB holds garbage, and nothing of it is thrown away", async () => {
    const dataDir = copy();
    const logs = join(dataDir, "logs");
    const kept = `${logs}.kept`;
    cpSync(logs, kept, { recursive: true, verbatimSymlinks: true });
    const spoilt = readdirSync(join(logs, "chdb"), { recursive: true, encoding: "utf8" })
      .map((name) => join(logs, "chdb", name))
      .filter((path) => lstatSync(path).isFile());
    assert.ok(spoilt.length > 10);
    spoilt.forEach(spoil);
    assertOneLine(await dev(dataDir), /log store in .*logs cannot be opened/);
    await assertRowsAfter(dataDir, () => {
      rmSync(logs, { recursive: true });
      renameSync(kept, logs);
    });
  });
});

test("garbage in the write-ahead log costs no record beside it, and is said aloud", async () => {
  const dataDir = copy();
  const wal = join(dataDir, "wal");
  const written = await writeGenerations(wal, 5);
  const [segment] = listSegments(wal).filter(({ writer }) => writer === "other-gateway1-1");
  const bytes = readFileSync(segment!.path);
  // In the middle of the text of the third answer.
  const at = bytes.indexOf("answer 2");
  bytes.fill(0xee, at, at + 4);
  writeFileSync(segment!.path, Buffer.concat([bytes, randomBytes(3000)]));
  spoil(join(wal, "garbage-gateway1-1-00000000.wal"));

  const server = await startFlywheel({ dataDir });
  const rows = await server.rows(7);
  const found = new Set(rows.map(({ id }) => id));
  for (const id of [...ids, ...written.filter((_, n) => n !== 2)]) assert.ok(found.has(id), `${id} was lost`);
  const alarm = await eventually(
    async () => (await server.status()).alarms.find(({ code }) => code === "rejected_rows"),
    "the alarm",
  );
  assert.match(alarm.message, /rejects/);
  assert.ok(readdirSync(join(dataDir, "rejects")).length > 0);
  assert.equal(await server.stop(), 0);
});

test("a server that was killed leaves nothing behind that the next one stumbles over", async () => {
  const dataDir = copy();
  const first = await startFlywheel({ dataDir });
  first.child.kill("SIGKILL");
  const again = startCommand(["keys", "list", "--data", dataDir, "--cwd", "/tmp"]);
  const { code, stdout, stderr } = await again.ended;
  assert.equal(code, 0, stderr);
  assert.match(stdout, /dev\n/);
  await assertRowsAfter(dataDir, () => {});
});

/** A segment as a gateway that was killed would have left it. */
async function writeGenerations(dir: string, count: number): Promise<string[]> {
  mkdirSync(dir, { recursive: true });
  const writer = createWalWriter({ dir, writer: "other-gateway1-1", durability: () => "fsync" });
  const made: string[] = [];
  for (let n = 0; n < count; n++) {
    const id = newId("gen");
    made.push(id);
    const begin: BeginHead = {
      id,
      time: Date.now(),
      project: "default",
      environment: "development",
      key_id: "key_x",
      operation: "chat",
      dialect: "openai-chat",
      request_model: "local/spark",
      route: "",
      provider: "local",
      model: "spark",
      stream: false,
    };
    const end: EndHead = {
      id,
      time: Date.now(),
      status: "ok",
      http_status: 200,
      provider: "local",
      model: "spark",
      dialect: "openai-chat",
      content_type: "application/json",
      attempts: [{ provider: "local", model: "spark", started_ms: 0, ended_ms: 5, status: 200 }],
      duration: 0.005,
      cache: "off",
    };
    const request = { model: "local/spark", messages: [{ role: "user", content: `question ${n}` }] };
    const message = { role: "assistant", content: `answer ${n}` };
    const response = { id: `x-${n}`, model: "spark", choices: [{ index: 0, message, finish_reason: "stop" }] };
    await recorded((done) => writer.begin(begin, Buffer.from(JSON.stringify(request)), done));
    await recorded((done) => writer.end(end, [Buffer.from(JSON.stringify(response))], done));
  }
  await new Promise<void>((resolve) => writer.close(resolve));
  return made;
}

function recorded(record: (done: (error?: Error) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => record((error) => (error ? reject(error) : resolve())));
}
