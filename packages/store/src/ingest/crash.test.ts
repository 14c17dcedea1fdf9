import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { temporaryFolder } from "../../test/wal-records.ts";
import { openTokenStore } from "../../test/token-store.ts";

const INGEST_KILLS = 24;
const WRITER_KILLS = 6;
const MOMENTS = ["inserting", "inserted", "told"];

function start(script: string, args: string[], onLine: (line: string) => void): ChildProcess {
  const path = join(import.meta.dirname, "../../test", script);
  const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  createInterface(child.stdout).on("line", onLine);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}

/** Lets a new ingest get to a random moment of its work, then kills it there. */
async function killIngestAtWork(dir: string): Promise<void> {
  const moment = MOMENTS[Math.floor(Math.random() * MOMENTS.length)];
  const { promise, resolve } = Promise.withResolvers<void>();
  const child = start("ingest-process.ts", [dir], (line) => line === moment && resolve());
  await promise;
  await sleep(Math.random() * 12);
  await kill(child);
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 100) {
    assert.ok(waited < 60_000, "waited for a minute");
    await sleep(100);
  }
}

test(
  `killing writers and ingest at any moment neither loses nor doubles a generation`,
  { timeout: 180_000 },
  async (t) => {
    const dir = temporaryFolder(t);
    const wal = join(dir, "wal");
    mkdirSync(wal);
    const begun = new Set<string>();
    const ended = new Set<string>();
    const children = new Set<ChildProcess>();
    t.after(() => children.forEach((child) => child.kill("SIGKILL")));

    const note = (line: string) => {
      const [what, id] = line.split(" ") as [string, string];
      (what === "end" ? ended : begun).add(id);
    };
    const startWriter = (life: number) => {
      const child = start("writer-process.ts", [wal, life % 2 ? "fsync" : "strict", String(life)], note);
      children.add(child);
      return child;
    };

    let writer = startWriter(0);
    for (let round = 1; round <= INGEST_KILLS; round++) {
      await killIngestAtWork(dir);
      if (round % (INGEST_KILLS / WRITER_KILLS) > 0) continue;
      await kill(writer);
      writer = startWriter(round);
    }
    await kill(writer);

    const ingest = start("ingest-process.ts", [dir], () => {});
    children.add(ingest);
    await until(() => readdirSync(wal).length === 0);
    await kill(ingest);

    const store = openTokenStore(join(dir, "rows.db"));
    t.after(() => store.close());
    const rows = new Map(store.rows().map((row) => [row.id, row]));
    assert.ok(ended.size > 100, `only ${ended.size} were accepted`);
    assert.equal(store.rows().length, rows.size, "no id twice");
    for (const id of begun) assert.ok(rows.has(id), `${id} is lost`);
    for (const id of ended) {
      const { status, request, response } = rows.get(id)!;
      assert.deepEqual([status, request, response], ["ok", `request of ${id}`, `answer of ${id}`]);
    }
    assert.ok(
      [...rows.values()].some(({ status }) => status === "interrupted"),
      "killed writers leave interrupted rows",
    );
    assert.deepEqual(existsSync(join(dir, "rejects")) ? readdirSync(join(dir, "rejects")) : [], []);
    t.diagnostic(`${ended.size} accepted, ${rows.size} rows, ${store.tokens().length} inserts`);
  },
);
