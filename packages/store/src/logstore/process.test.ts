import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forkLogStore, temporaryFolder } from "../../test/forked-log-store.ts";
import { sampleGenerations } from "../../test/sample-generation.ts";
import { createLogStore } from "../logs/index.ts";

test(
  "what was acknowledged survives kill -9, and a replay of the rest adds nothing twice",
  { timeout: 60_000 },
  async (t) => {
    const folder = temporaryFolder();
    t.after(folder.remove);
    const batches = Array.from({ length: 40 }, (_, i) => ({
      token: `batch-${i}`,
      rows: sampleGenerations(50, Date.UTC(2026, 10, 20) + i * 3_000_000),
    }));
    const acknowledged = new Set<string>();
    let kills = 0;
    while (acknowledged.size < batches.length) {
      const front = await forkLogStore(folder.path);
      const logs = createLogStore({ url: front.url, password: front.secret });
      // Everything acknowledged before the kill is there.
      const { generations } = await logs.totals({});
      assert.ok(generations >= acknowledged.size * 50, `${generations} rows after ${acknowledged.size} batches`);
      const timer = kills < 4 ? setTimeout(() => void front.stop("SIGKILL"), 20 + kills * 45) : undefined;
      try {
        for (const { token, rows } of batches) {
          if (acknowledged.has(token) && kills < 4) continue;
          await logs.insert(rows, token);
          acknowledged.add(token);
        }
        clearTimeout(timer);
      } catch (error) {
        assert.equal((error as { code: string }).code, "store_unavailable");
        kills++;
        await front.stop("SIGKILL");
        await logs.close();
        continue;
      }
      // The last life replays every batch.
      for (const { token, rows } of batches) await logs.insert(rows, token);
      assert.equal((await logs.totals({})).generations, batches.length * 50);
      await logs.close();
      await front.stop();
    }
    assert.ok(kills > 0, "at least one kill came while it was inserting");
  },
);

test("a folder in use, damaged, or no folder at all is one clear line", async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const first = await forkLogStore(folder.path);
  const logs = createLogStore({ url: first.url, password: first.secret });
  await logs.insert(sampleGenerations(3, Date.now()), "a");
  await assert.rejects(forkLogStore(folder.path), {
    message: `Another process has the log store in ${folder.path} open.`,
  });
  assert.equal((await logs.totals({})).generations, 3, "the first does not mind");
  await logs.close();
  await first.stop();

  const metadata = join(folder.path, "chdb", "metadata");
  for (const file of readdirSync(metadata).filter((name) => name.endsWith(".sql")))
    writeFileSync(join(metadata, file), "garbage");
  await assert.rejects(forkLogStore(folder.path), /^Error: The log store in .+ cannot be opened: [^\n]+$/);

  const file = join(folder.path, "file");
  writeFileSync(file, "x");
  await assert.rejects(forkLogStore(file), /^Error: The log store in .+file cannot be opened: [^\n]+$/);
});

test("data parts that cannot be read are reported, and the rest is served", async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const first = await forkLogStore(folder.path);
  const logs = createLogStore({ url: first.url, password: first.secret });
  const day = Date.UTC(2026, 10, 20);
  await logs.insert(sampleGenerations(3, day), "a");
  await logs.insert(sampleGenerations(4, day + 86_400_000), "b");
  await logs.close();
  await first.stop();

  const store = join(folder.path, "chdb", "store");
  const damaged = readdirSync(store, { recursive: true, encoding: "utf8" }).find(
    (name) => name.includes("20261120_") && name.endsWith("columns.txt"),
  );
  writeFileSync(join(store, damaged!), "garbage");
  const warnings: string[] = [];
  const second = await forkLogStore(folder.path);
  second.process.stderr!.on("data", (text) => warnings.push(String(text)));
  const again = createLogStore({ url: second.url, password: second.secret });
  assert.equal((await again.totals({})).generations, 4);
  await again.close();
  await second.stop();
  assert.match(warnings.join(""), /1 damaged parts? of the log store/);
});

test("uploads that a killed process left are deleted, and ours are nobody else's to read", async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  mkdirSync(join(folder.path, "uploads"));
  writeFileSync(join(folder.path, "uploads", "17"), "left over");
  const front = await forkLogStore(folder.path);
  assert.ok(!existsSync(join(folder.path, "uploads", "17")));
  assert.match(readFileSync(join(folder.path, "engine.xml"), "utf8"), /<max_server_memory_usage>1610612736</);
  await front.stop();
});

test("asked to stop, it does not wait for a slow read", { timeout: 20_000 }, async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const front = await forkLogStore(folder.path);
  const slow = fetch(`${front.url}/?query=SELECT+count()+FROM+numbers(1000000000000)+WHERE+number%257=3`, {
    headers: { "x-clickhouse-key": front.secret },
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await front.stop("SIGTERM");
  assert.equal((await slow).headers.get("x-clickhouse-exception-code"), "394");
  assert.equal(front.process.exitCode, 0);
});
