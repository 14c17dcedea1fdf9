import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../test/wal-records.ts";
import { encodeRecord, HEADER_BYTES, PREFIX_BYTES, RECORD_KIND, segmentHeader } from "./record.ts";
import { listSegments, readRecordAt, readSegment } from "./segment.ts";

const { begin: BEGIN, end: END } = RECORD_KIND;
const record = (id: string, ...body: Uint8Array[]) => Buffer.concat(encodeRecord(BEGIN, { id }, body));

function segmentOf(t: TestContext, ...parts: Uint8Array[]): string {
  const path = join(temporaryFolder(t), "w-000000.wal");
  writeFileSync(path, Buffer.concat([segmentHeader(), ...parts]));
  return path;
}

/** What reading finds, in short: the ids of records, and the kind and length of damage. */
function found(path: string, from = 0, growing = false): string[] {
  return [...readSegment(path, from, growing)].map((item) =>
    item.type === "record" ? JSON.parse(item.head.toString()).id : `${item.type} ${item.end - item.offset}`,
  );
}

test("records come back as they were written, bodies of any size and in any number of pieces", (t) => {
  const bodies = [
    [],
    [Buffer.alloc(0)],
    [Buffer.from("{}")],
    [Buffer.from("data: ä"), Buffer.from([0xff, 0]), Buffer.from("\n\n")],
    [Buffer.alloc(200_000, "x")],
    [Buffer.alloc(3_000_000, "y"), Buffer.alloc(1, "z")],
  ];
  const heads = bodies.map((_, i) => ({ id: `gen_${i}`, user_agent: "ünïcode \u{1f600}" }));
  const path = segmentOf(t, ...bodies.flatMap((body, i) => encodeRecord(i % 2 ? END : BEGIN, heads[i]!, body)));

  let offset = HEADER_BYTES;
  const items = [...readSegment(path)];
  assert.equal(items.length, bodies.length);
  for (const [i, item] of items.entries()) {
    assert.ok(item.type === "record");
    assert.equal(item.kind, i % 2 ? END : BEGIN);
    assert.equal(item.offset, offset);
    assert.deepEqual(JSON.parse(item.head.toString()), heads[i]);
    assert.ok(item.body.equals(Buffer.concat(bodies[i]!)));
    offset = item.end;
  }
  assert.equal(offset, readFileSync(path).length);
});

test("a record is found by its offset, and reading goes on from one", (t) => {
  const [a, b, c] = [record("a"), record("b", Buffer.from("body")), record("c")];
  const path = segmentOf(t, a, b, c);
  const offset = HEADER_BYTES + a.length;
  const fd = openSync(path, "r");
  t.after(() => closeSync(fd));
  assert.equal(readRecordAt(fd, offset)!.body.toString(), "body");
  assert.equal(readRecordAt(fd, offset + 1), undefined);
  assert.equal(readRecordAt(fd, 1_000_000), undefined);
  assert.deepEqual(found(path, offset), ["b", "c"]);
});

test("wherever the last record is torn, the ones before it are read and the rest is a tail", (t) => {
  const [a, b] = [record("a"), record("b", Buffer.from("some body"))];
  for (let cut = 1; cut < b.length; cut++) {
    const path = segmentOf(t, a, b.subarray(0, cut));
    for (const growing of [true, false]) assert.deepEqual(found(path, 0, growing), ["a", `tail ${cut}`]);
  }
});

test("zeros that a loss of power left are a tail", (t) => {
  assert.deepEqual(found(segmentOf(t, record("a"), Buffer.alloc(5000))), ["a", "tail 5000"]);
});

test("whichever byte of a payload flips, only that record is lost", (t) => {
  const [a, b, c] = [record("a"), record("b", Buffer.from("some body")), record("c")];
  for (let at = PREFIX_BYTES; at < b.length; at++) {
    const damaged = Buffer.from(b);
    damaged[at]! ^= 0x10;
    assert.deepEqual(found(segmentOf(t, a, damaged, c)), ["a", `corrupt ${b.length}`, "c"]);
  }
});

test("whichever byte of a prefix flips, the records before it are read and the rest is called corrupt", (t) => {
  const [a, b, c] = [record("a"), record("b", Buffer.from("some body")), record("c")];
  for (let at = 0; at < PREFIX_BYTES; at++) {
    const damaged = Buffer.from(b);
    damaged[at]! ^= 0x10;
    assert.deepEqual(found(segmentOf(t, a, damaged, c)), ["a", `corrupt ${b.length + c.length}`]);
  }
});

test("damage at the end of a file that may grow is waited for, before its end it is not", (t) => {
  const damaged = record("b", Buffer.from("some body"));
  damaged[damaged.length - 1]! ^= 1;
  assert.deepEqual(found(segmentOf(t, record("a"), damaged), 0, true), ["a", `tail ${damaged.length}`]);
  assert.deepEqual(found(segmentOf(t, damaged, record("c")), 0, true), [`corrupt ${damaged.length}`, "c"]);
});

test("garbage of any length is damage and throws nothing", (t) => {
  for (const length of [1, 7, 8, 9, 24, 25, 5000]) {
    const garbage = Buffer.from(Array.from({ length }, (_, i) => (i * 89 + 7) & 255));
    const path = join(temporaryFolder(t), "w-000000.wal");
    writeFileSync(path, garbage);
    assert.deepEqual(found(path), length < HEADER_BYTES ? [] : [`corrupt ${length}`]);
    assert.deepEqual(found(segmentOf(t, garbage)), [length < PREFIX_BYTES ? `tail ${length}` : `corrupt ${length}`]);
  }
});

test("segments are listed oldest first per writer, whatever else lies in the folder", (t) => {
  const dir = temporaryFolder(t);
  const names = [
    "b-000001.wal",
    "a-1-000010.wal",
    "a-1-000009.wal",
    "a-1-1000000.wal",
    "notes.txt",
    "x.wal",
    "-000001.wal",
  ];
  for (const name of names) writeFileSync(join(dir, name), "");
  assert.deepEqual(
    listSegments(dir).map(({ name }) => name),
    ["a-1-000009", "a-1-000010", "a-1-1000000", "b-000001"],
  );
  assert.deepEqual(listSegments(join(dir, "missing")), []);
});
