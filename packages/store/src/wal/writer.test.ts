import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Durability, FlywheelError, newId } from "@flywheel/protocol";
import { begin, beginHead, close, end, endHead, generations, temporaryFolder } from "../../test/wal-records.ts";
import { listSegments, readSegment } from "./segment.ts";
import { createWalWriter, type WalWriterOptions } from "./writer.ts";

function openWriter(t: TestContext, options: Partial<WalWriterOptions> = {}) {
  const dir = options.dir ?? join(temporaryFolder(t), "wal");
  const writer = createWalWriter({ writer: "w1", durability: () => "fsync", minFreeBytes: 0, ...options, dir });
  return { dir, writer };
}

/** `begin <id>` and `end <id>` as they lie in the segments. */
function recorded(dir: string): string[] {
  return listSegments(dir).flatMap(({ path }) =>
    [...readSegment(path)].map((item) => {
      assert.ok(item.type === "record", `${item.type} at ${item.offset} of ${path}`);
      return `${item.kind === 1 ? "begin" : "end"} ${JSON.parse(item.head.toString()).id}`;
    }),
  );
}

for (const durability of ["buffered", "fsync", "strict"] satisfies Durability[])
  test(`with ${durability}, what is done is in the file, in the order it was given`, async (t) => {
    const { dir, writer } = openWriter(t, { durability: () => durability });
    const ids = Array.from({ length: 50 }, () => newId("gen"));
    await Promise.all(ids.map((id) => begin(writer, id)));
    assert.deepEqual(
      recorded(dir),
      ids.map((id) => `begin ${id}`),
    );
    await Promise.all(ids.map((id) => end(writer, id)));
    assert.deepEqual(
      recorded(dir).slice(50),
      ids.map((id) => `end ${id}`),
    );
    await close(writer);
  });

test("done never comes before the call has returned", async (t) => {
  const { writer } = openWriter(t, { minFreeBytes: Infinity });
  for (const call of [
    writer.begin.bind(null, beginHead(), Buffer.from("x")),
    writer.end.bind(null, endHead("gen_1"), []),
  ]) {
    let returned = false;
    const done = new Promise<boolean>((resolve) => call(() => resolve(returned)));
    returned = true;
    assert.ok(await done);
  }
});

test("segments and their folder are private", async (t) => {
  const { dir, writer } = openWriter(t);
  await generations(writer, 1);
  assert.equal(statSync(dir).mode & 0o777, 0o700);
  assert.equal(statSync(join(dir, "w1-000000.wal")).mode & 0o777, 0o600);
  await close(writer);
});

test("a full segment is followed by the next and never changes again", async (t) => {
  const { dir, writer } = openWriter(t, { segmentBytes: 3000 });
  const ids = [];
  for (let i = 0; i < 30; i++) ids.push(...(await generations(writer, 1)));
  const sealed = listSegments(dir)
    .slice(0, -1)
    .map(({ path }) => ({ path, bytes: readFileSync(path) }));
  assert.ok(sealed.length > 3);
  for (let i = 0; i < 10; i++) ids.push(...(await generations(writer, 1)));
  for (const { path, bytes } of sealed) assert.ok(readFileSync(path).equals(bytes));
  assert.deepEqual(
    recorded(dir),
    ids.flatMap((id) => [`begin ${id}`, `end ${id}`]),
  );
  await close(writer);
});

test("a segment that has held data for long enough is followed by an empty one; one without data stays", async (t) => {
  const { dir, writer } = openWriter(t, { segmentMs: 30 });
  await generations(writer, 1);
  while (listSegments(dir).length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(listSegments(dir).length, 2);
  await close(writer);
});

test("closing writes what is queued, and refuses what comes after", async (t) => {
  const { dir, writer } = openWriter(t, { durability: () => "strict" });
  const id = newId("gen");
  const recordedIt = begin(writer, id);
  await close(writer);
  await recordedIt;
  assert.deepEqual(recorded(dir), [`begin ${id}`]);
  await assert.rejects(end(writer, id), { code: "shutting_down" });
});

test("with too little free space nothing begins, and what has begun can end", async (t) => {
  const { dir, writer } = openWriter(t, { minFreeBytes: Number.MAX_SAFE_INTEGER });
  await assert.rejects(begin(writer, "gen_1"), { code: "storage_full" });
  await end(writer, "gen_1");
  assert.deepEqual(recorded(dir), ["end gen_1"]);
  await close(writer);
});

test("where no segment can be made, records fail with an error and are taken again once it can", async (t) => {
  const errors: FlywheelError[] = [];
  const { dir, writer } = openWriter(t, { onError: (error) => errors.push(error) });
  renameSync(dir, `${dir}.away`);
  writeFileSync(dir, "not a folder");
  await assert.rejects(begin(writer, "gen_1"), { code: "internal" });
  assert.equal(errors.length, 1);
  renameSync(dir, `${dir}.file`);
  renameSync(`${dir}.away`, dir);
  chmodSync(dir, 0o700);
  await begin(writer, "gen_2");
  assert.deepEqual(recorded(dir), ["begin gen_2"]);
  await close(writer);
});

test("a write cut short by a full disk leaves no part of a record, and later ones go in", (t) => {
  const dir = join(temporaryFolder(t), "wal");
  const script = join(import.meta.dirname, "../../test/full-disk-process.ts");
  // A limit on the size of files acts like a disk with room for the first part of a write.
  const limited = `trap '' XFSZ; ulimit -f 64; exec "$0" "$@"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", limited, process.execPath, script, dir], { encoding: "utf8" });
  assert.equal(stderr, "");
  assert.deepEqual(stdout.trim().split("\n"), [
    "gen_a ok", // 40 kB
    "gen_b storage_full", // 30 kB more than 64 would be
    "gen_c ok", // 10 kB in its place
    "gen_d ok", // the next segment has room for 30
  ]);
  assert.deepEqual(recorded(dir), ["begin gen_a", "begin gen_c", "begin gen_d"]);
  assert.ok(existsSync(join(dir, "w1-000001.wal")) && readdirSync(dir).length === 2);
});
