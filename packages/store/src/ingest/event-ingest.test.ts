import assert from "node:assert/strict";
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Alarm, type EventHead, type EventRow, FlywheelError, newId } from "@flywheel/protocol";
import { temporaryFolder } from "../../test/wal-records.ts";
import { createWalWriter, listSegments, type WalWriter } from "../wal/index.ts";
import { createEventIngest, type EventIngestOptions } from "./event-ingest.ts";

/** A folder with the events' log, and a table that takes each id once, as the log store does. */
function setUp(t: TestContext) {
  const dir = temporaryFolder(t);
  const rows: EventRow[] = [];
  const tokens = new Set<string>();
  const alive = new Set<string>();
  const alarms = new Map<string, Alarm>();
  const insert = async (some: EventRow[], token: string): Promise<void> => {
    if (some.some(({ name }) => name === "unstorable")) throw new FlywheelError("rows_rejected", { reason: "no" });
    if (tokens.has(token)) return;
    tokens.add(token);
    for (const row of some) if (!rows.some(({ id }) => id === row.id)) rows.push(row);
  };
  return {
    dir, rows, alive, alarms, insert,
    writer(name: string): WalWriter {
      alive.add(name);
      return createWalWriter({ dir: join(dir, "wal"), writer: name, durability: () => "fsync", minFreeBytes: 0 });
    },
    ingest(options: Partial<EventIngestOptions> = {}) {
      const ingest = createEventIngest({
        dir: join(dir, "wal"),
        statePath: join(dir, "events.db"),
        rejectsDir: join(dir, "rejects"),
        toRow: (head, payload) => ({ ...head, payload: Buffer.from(payload).toString(), signals: [] }),
        redactBytes: (bytes) => Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll("secret", "[gone]"), "latin1"),
        insert,
        isAlive: (writer) => alive.has(writer),
        keepSegmentSeconds: () => 3600,
        rejectDays: () => 30,
        onAlarm: (alarm) => alarms.set(alarm.code, alarm),
        onClear: (code) => alarms.delete(code),
        ...options,
      });
      ingest.start();
      t.after(() => ingest.stop(0).catch(() => {}));
      return ingest;
    },
  }; // prettier-ignore
}

function tell(log: WalWriter, changes: Partial<EventHead> = {}, payload = "{}"): Promise<string> {
  const id = newId("evt");
  const head: EventHead = { id, received: 1, time: 1, project: "p", environment: "", key_id: "", name: "seen", generation_id: "", user_id: "", consent: "unknown", origin: "", ...changes }; // prettier-ignore
  return new Promise((resolve, reject) =>
    log.event(head, Buffer.from(payload), (error) => (error ? reject(error) : resolve(head.id))),
  );
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    assert.ok(waited < 20_000, "waited for 20 seconds");
    await sleep(20);
  }
}

const close = (log: WalWriter) => new Promise<void>((resolve) => log.close(resolve));

test("an event becomes a row while its segment is still open, and again only once", async (t) => {
  const { writer, ingest, rows } = setUp(t);
  const log = writer("w1");
  ingest();
  const id = await tell(log, {}, '{"value":"up"}');
  await until(() => rows.length === 1);
  await tell(log, { id });
  const other = await tell(log);
  await until(() => rows.length === 2);
  assert.deepEqual(rows.map((row) => [row.id, row.payload]), [[id, '{"value":"up"}'], [other, "{}"]]); // prettier-ignore
  await close(log);
});

test("an insert whose answer was lost is made again with the same rows and token, also in the next life", async (t) => {
  const { writer, ingest, rows, insert } = setUp(t);
  const log = writer("w1");
  const asked: string[] = [];
  const first = ingest({
    async insert(some, token) {
      asked.push(`${token} ${some.map(({ id }) => id).join()}`);
      await insert(some, token);
      throw new Error("the connection broke");
    },
  });
  await tell(log);
  await until(() => asked.length > 0);
  await first.stop(0);
  await tell(log);
  ingest({
    async insert(some, token) {
      asked.push(`${token} ${some.map(({ id }) => id).join()}`);
      await insert(some, token);
    },
  });
  await until(() => rows.length === 2);
  assert.equal(asked.at(-2), asked[0], "first what was not acknowledged, as it was");
  await close(log);
});

test("events wait for a log store that is away, and its segments go when they are rows and their writer is dead", async (t) => {
  const { dir, writer, ingest, rows, insert, alive } = setUp(t);
  const log = writer("w1");
  let away = true;
  ingest({
    keepSegmentSeconds: () => 0,
    async insert(some, token) {
      if (away) throw new FlywheelError("store_unavailable");
      await insert(some, token);
    },
  });
  const ids = await Promise.all(Array.from({ length: 1200 }, () => tell(log)));
  await close(log);
  alive.delete("w1");
  await sleep(300);
  assert.equal(rows.length, 0);
  away = false;
  await until(() => rows.length === 1200 && listSegments(join(dir, "wal")).length === 0);
  assert.deepEqual(
    rows.map(({ id }) => id),
    ids,
  );
});

test("what cannot become a row is put aside, redacted, and hides nothing", async (t) => {
  const { dir, writer, ingest, rows, alarms, alive } = setUp(t);
  const log = writer("w1");
  await tell(log);
  await tell(log, { name: "unstorable", user_id: "secret" });
  const last = await tell(log);
  await close(log);
  appendFileSync(listSegments(join(dir, "wal"))[0]!.path, "these bytes are no record");
  alive.delete("w1");
  ingest();
  await until(() => rows.length === 2 && alarms.has("rejected_rows") && readdirSync(join(dir, "rejects")).length === 2);
  assert.equal(rows[1]!.id, last);
  const kept = readdirSync(join(dir, "rejects")).map((name) => readFileSync(join(dir, "rejects", name), "utf8"));
  assert.ok(kept.some((text) => text.includes("these bytes are no record")));
});
