import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Alarm, newId } from "@flywheel/protocol";
import { openTokenStore } from "../../test/token-store.ts";
import { begin, beginHead, close, end, endHead, generations, temporaryFolder, toRow } from "../../test/wal-records.ts";
import { encodeRecord, RECORD_KIND, segmentHeader } from "../wal/record.ts";
import { createWalWriter, readSegment, type WalWriterOptions } from "../wal/index.ts";
import { createIngest, type IngestOptions } from "./ingest.ts";

/** A folder with a write-ahead log, a store, and as many ingests after one another as a test wants. */
function setUp(t: TestContext) {
  const dir = temporaryFolder(t);
  const wal = join(dir, "wal");
  const rejects = join(dir, "rejects");
  const store = openTokenStore(join(dir, "rows.db"));
  const alive = new Set<string>();
  const alarms = new Map<string, Alarm>();
  const told: string[] = [];
  t.after(() => store.close());

  return {
    dir, wal, rejects, store, alive, alarms, told,
    writer(name = "w1", options: Partial<WalWriterOptions> = {}) {
      alive.add(name);
      return createWalWriter({ dir: wal, writer: name, durability: () => "fsync", minFreeBytes: 0, ...options });
    },
    ingest(options: Partial<IngestOptions> = {}) {
      const ingest = createIngest({
        dir: wal,
        statePath: join(dir, "ingest.db"),
        rejectsDir: rejects,
        toRow,
        redactBytes: (bytes) => Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll("secret", "[gone]"), "latin1"),
        insert: store.insert,
        isAlive: (writer) => alive.has(writer),
        keepSegmentSeconds: () => 3600,
        rejectDays: () => 30,
        onRows: (rows) => told.push(...rows.map(({ id }) => id)),
        onAlarm: (alarm) => alarms.set(alarm.code, alarm),
        onClear: (code) => alarms.delete(code),
        ...options,
      });
      ingest.start();
      t.after(() => ingest.stop(0).catch(() => {}));
      return ingest;
    },
    ids: () => store.rows().map(({ id }) => id),
    reject: () => readFileSync(join(rejects, readdirSync(rejects)[0]!), "utf8"),
  }; // prettier-ignore
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    assert.ok(waited < 20_000, "waited for 20 seconds");
    await sleep(20);
  }
}

test("a generation becomes a row while its segment is still open", async (t) => {
  const { writer, ingest, store, told } = setUp(t);
  const log = writer();
  const running = ingest();
  const [id] = await generations(log, 1);
  await until(() => told.length > 0);
  assert.deepEqual(store.rows(), [{ id, status: "ok", request: `request of ${id}`, response: `answer of ${id}` }]);
  assert.equal(running.pending(), 0);
  await close(log);
});

test("a begin whose end comes several segments later is joined with it", async (t) => {
  const { writer, ingest, store, ids, wal } = setUp(t);
  const log = writer("w1", { segmentBytes: 2000 });
  ingest();
  await begin(log, "gen_long");
  const others = await generations(log, 20);
  await until(() => ids().length === 20);
  const more = await generations(log, 20);
  await end(log, "gen_long");
  await until(() => ids().length === 41);
  assert.deepEqual(ids().toSorted(), [...others, ...more, "gen_long"].toSorted());
  assert.equal(store.rows().find(({ id }) => id === "gen_long")!.request, "request of gen_long");
  assert.ok(readdirSync(wal).length > 3);
  await close(log);
});

test("what a living writer has begun waits; once it is dead it is interrupted, and so is a torn end", async (t) => {
  const { writer, ingest, store, alive, wal, told } = setUp(t);
  const log = writer();
  const running = ingest();
  await begin(log, "gen_open");
  await begin(log, "gen_torn");
  const [whole] = await generations(log, 1);
  await until(() => told.length === 1);
  assert.equal(running.pending(), 2);
  await end(log, "gen_torn");
  await close(log);
  await running.stop();
  // The end of gen_torn is a row already; another writer's is cut off before ingest could see it.
  const second = writer("w2");
  await begin(second, "gen_torn_2");
  await end(second, "gen_torn_2");
  await close(second);
  truncateSync(join(wal, "w2-000000.wal"), statSync(join(wal, "w2-000000.wal")).size - 3);
  ingest();
  alive.clear();
  await until(() => store.rows().length === 4);
  const statuses = Object.fromEntries(store.rows().map(({ id, status }) => [id, status]));
  assert.deepEqual(statuses, { [whole!]: "ok", gen_torn: "ok", gen_open: "interrupted", gen_torn_2: "interrupted" });
});

test("after a stop, ingest goes on where it was, and tells of no row twice", async (t) => {
  const { writer, ingest, ids, told } = setUp(t);
  const log = writer("w1", { segmentBytes: 3000 });
  const expected: string[] = [];
  for (let life = 0; life < 4; life++) {
    const running = ingest();
    expected.push(...(await generations(log, 30)));
    await running.stop();
  }
  assert.deepEqual(ids(), expected);
  assert.deepEqual(told, expected);
  await close(log);
});

test("more than one insert may carry becomes several", async (t) => {
  const { writer, ingest, ids, store } = setUp(t);
  const log = writer();
  const small = await generations(log, 1100);
  const large = await generations(log, 5, "x".repeat(3_000_000));
  const running = ingest();
  await until(() => ids().length === small.length + large.length);
  assert.deepEqual(new Set(ids()), new Set([...small, ...large]));
  assert.equal(store.tokens().length, 5);
  await running.stop();
  await close(log);
});

test("an insert whose acknowledgement was lost is repeated under its token, whatever came after", async (t) => {
  const { writer, ingest, ids, store } = setUp(t);
  const log = writer();
  const first = await generations(log, 20);
  const lost = ingest({
    insert: async (rows, token) => {
      await store.insert(rows, token);
      throw new Error("connection reset");
    },
  });
  await until(() => ids().length === 20);
  await lost.stop(0);
  const second = await generations(log, 20);
  await ingest().stop();
  assert.deepEqual(ids(), [...first, ...second]);
  await close(log);
});

test("while the log store is away, ingest retries, says so, and takes it back", { timeout: 60_000 }, async (t) => {
  const { writer, ingest, ids, store, alarms } = setUp(t);
  let away = true;
  const insert: IngestOptions["insert"] = async (rows, token) => {
    if (away) throw new Error("connect ECONNREFUSED");
    await store.insert(rows, token);
  };
  const log = writer();
  const running = ingest({ insert });
  const expected = await generations(log, 10);
  await until(() => alarms.has("store_unavailable"));
  expected.push(...(await generations(log, 200)));
  assert.ok(running.pending() > 50, `${running.pending()} pending`);
  away = false;
  await until(() => ids().length === 210);
  await until(() => !alarms.has("store_unavailable"));
  assert.deepEqual(ids(), expected);
  await close(log);
});

test("the poison row of a batch is set aside, redacted, private and with an alarm; the others go in", async (t) => {
  const { writer, ingest, ids, rejects, reject, alarms } = setUp(t);
  const log = writer();
  const good = await generations(log, 40);
  await begin(log, "gen_poison", "poison");
  await end(log, "gen_poison");
  good.push(...(await generations(log, 30)));
  ingest();
  await until(() => ids().length === 70 && alarms.has("rejected_rows"));
  assert.deepEqual(ids(), good);
  assert.equal(readdirSync(rejects).length, 1);
  assert.equal(statSync(join(rejects, readdirSync(rejects)[0]!)).mode & 0o777, 0o600);
  assert.equal(JSON.parse(reject()).row.id, "gen_poison");
  assert.match(alarms.get("rejected_rows")!.message, /^1 generation could not be stored/);
  await close(log);
});

test("a poison row is found again after a crash in the middle of the search", async (t) => {
  const { writer, ingest, ids, store, rejects } = setUp(t);
  const log = writer();
  const before = await generations(log, 9);
  await begin(log, "gen_poison", "poison");
  await end(log, "gen_poison");
  const after = await generations(log, 9);
  for (let calls = 2; calls < 8; calls++) {
    let left = calls;
    const dying = ingest({
      insert: (rows, token) => (left-- > 0 ? store.insert(rows, token) : Promise.withResolvers<void>().promise),
    });
    await until(() => left < 0 || ids().length === 18);
    await dying.stop(0);
  }
  await ingest().stop();
  assert.deepEqual(ids().toSorted(), [...before, ...after].toSorted());
  assert.equal(readdirSync(rejects).length, 1);
  await close(log);
});

test("records that make no row are set aside with their bytes redacted", async (t) => {
  const { writer, ingest, ids, reject, alarms } = setUp(t);
  const log = writer();
  const [good] = await generations(log, 1);
  await begin(log, "gen_odd", "undecodable, with a secret");
  await end(log, "gen_odd", "the secret again");
  ingest();
  await until(() => alarms.has("rejected_rows"));
  assert.deepEqual(ids(), [good]);
  assert.doesNotMatch(reject(), /secret/);
  const { begin: rejected, end: ended, reason } = JSON.parse(reject());
  assert.equal(reason, "not a request");
  assert.equal(rejected.head.id, "gen_odd");
  assert.equal(rejected.body.text, "undecodable, with a [gone]");
  assert.equal(ended.body.text, "the [gone] again");
  await close(log);
});

test("a damaged begin costs its own generation only, and none of its bytes stay unredacted", async (t) => {
  const { writer, ingest, ids, rejects, alarms, wal, alive } = setUp(t);
  const log = writer();
  const [first] = await generations(log, 1);
  await begin(log, "gen_damaged", "a secret");
  await end(log, "gen_damaged", "a secret");
  const [last] = await generations(log, 1);
  await close(log);
  alive.clear();
  const path = join(wal, "w1-000000.wal");
  const damaged = [...readSegment(path)][2]!;
  const bytes = readFileSync(path);
  bytes[damaged.end - 1]! ^= 1;
  writeFileSync(path, bytes);
  ingest();
  await until(() => ids().length === 2 && alarms.has("rejected_rows"));
  assert.deepEqual(ids(), [first, last]);
  const kept = readdirSync(rejects)
    .map((name) => readFileSync(join(rejects, name), "utf8"))
    .join("");
  assert.match(kept, /checksum/);
  assert.match(kept, /beginning is missing or damaged/);
  assert.doesNotMatch(kept, /secret/);
});

test("rejects are deleted when their time is over, and the alarm ends", async (t) => {
  const { writer, ingest, rejects, alarms } = setUp(t);
  const log = writer();
  await begin(log, "gen_poison", "poison");
  await end(log, "gen_poison");
  const first = ingest();
  await until(() => alarms.has("rejected_rows"));
  await first.stop();
  const file = join(rejects, readdirSync(rejects)[0]!);
  utimesSync(file, 0, 0);
  alarms.set("rejected_rows", { code: "rejected_rows", message: "", since: 0 });
  ingest();
  await until(() => readdirSync(rejects).length === 0);
  await close(log);
});

test(
  "segments go when they are sealed, all rows, and old enough; an open begin keeps only its own",
  { timeout: 60_000 },
  async (t) => {
    const { dir, writer, ingest, ids, wal, alive } = setUp(t);
    const log = writer("w1", { segmentBytes: 2000 });
    await begin(log, "gen_open");
    const done: string[] = [];
    for (let i = 0; i < 20; i++) done.push(...(await generations(log, 2)));
    const keeping = ingest();
    await until(() => ids().length === 40);
    await keeping.stop();
    const all = readdirSync(wal);
    assert.ok(all.length > 5);

    const deleting = ingest({ keepSegmentSeconds: () => 0 });
    await until(() => readdirSync(wal).length === 2);
    assert.deepEqual(readdirSync(wal).toSorted(), [all[0], all.at(-1)]);
    await deleting.stop();

    await close(log);
    alive.clear();
    const last = ingest({ keepSegmentSeconds: () => 0 });
    await until(() => readdirSync(wal).length === 0);
    await last.stop();
    assert.deepEqual(ids(), [...done, "gen_open"]);

    const journal = new DatabaseSync(join(dir, "ingest.db"));
    for (const table of ["segments", "plans", "joined"])
      assert.equal(journal.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n, 0, table);
    journal.close();
  },
);

test("a second end and an end without a begin are set aside, not stored twice", async (t) => {
  const { wal, ingest, ids, rejects, told } = setUp(t);
  await close(createWalWriter({ dir: wal, writer: "w0", durability: () => "fsync" }));
  const body = [Buffer.from("x")];
  const records = [
    ...encodeRecord(RECORD_KIND.begin, beginHead("gen_1"), body),
    ...encodeRecord(RECORD_KIND.end, endHead("gen_1"), body),
    ...encodeRecord(RECORD_KIND.end, endHead("gen_1"), body),
    ...encodeRecord(RECORD_KIND.end, endHead("gen_2"), body),
  ];
  writeFileSync(join(wal, "w1-000000.wal"), Buffer.concat([segmentHeader(), ...records]));
  const first = ingest();
  await until(() => told.length === 1);
  await first.stop();
  await ingest().stop();
  assert.deepEqual(ids(), ["gen_1"]);
  assert.equal(readdirSync(rejects).length, 2);
});

test("a journal that is no journal is a clear error", (t) => {
  const { dir, ingest } = setUp(t);
  writeFileSync(join(dir, "ingest.db"), "something else entirely, and long enough to be looked at as a database file");
  assert.throws(() => ingest(), { code: "store_damaged", message: /ingest\.db/ });
});

test("generations of a writer nobody has heard of are interrupted once, also over several lives of ingest", async (t) => {
  const { writer, ingest, store, alive } = setUp(t);
  const log = writer();
  const open = Array.from({ length: 700 }, () => newId("gen"));
  await Promise.all(open.map((id) => begin(log, id)));
  await close(log);
  alive.clear();
  for (let life = 0; life < 3; life++) {
    const running = ingest();
    await until(() => store.rows().length === 700);
    await running.stop();
  }
  assert.deepEqual(
    store.rows().map(({ id, status }) => `${id} ${status}`),
    open.map((id) => `${id} interrupted`),
  );
});
