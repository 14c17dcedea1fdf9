import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { GenerationPage, GenerationTotals, UsageReport } from "@flywheel/protocol";
import { flywheel as run, startCommand } from "./command.ts";
import { eventually, type Flywheel, startFlywheel, temporaryFolder } from "./flywheel.ts";

describe("flywheel seed", () => {
  let server: Flywheel;
  const projectDir = temporaryFolder();
  const here = (args: string[]) => run([...args, "--data", server.dataDir, "--cwd", projectDir]);
  const totals = () => server.api<GenerationTotals>("/api/totals?project=sample");

  before(async () => void (server = await startFlywheel({ projectDir })));
  after(async () => void (await server.stop()));

  test("fills the running server's logs with a past that can be searched and has its price", async () => {
    const { code, stdout, stderr } = await here(["seed", "--days", "3", "--generations", "600", "--json"]);
    assert.equal(code, 0, stderr);
    const done = JSON.parse(stdout) as { generations: number; distinct_requests: number };
    assert.equal(done.generations, 600);
    const { generations, cost_nano, output_tokens } = await totals();
    assert.equal(generations, 600);
    assert.ok(cost_nano > 0 && output_tokens > 0);
    const { data } = await server.api<GenerationPage>("/api/generations?project=sample&search=tent&limit=500");
    assert.ok(data.length > 10);
    assert.ok(Date.now() - data.at(-1)!.time > 86_400_000, "the past is in the past");
    assert.doesNotMatch(server.notes(), /gen_/, "nobody watching `dev` is told of a month of old calls");
  });

  test("shows in flywheel usage, by model, by day and beside the days before", async () => {
    const byModel = await here(["usage", "--since", "30d"]);
    assert.equal(byModel.code, 0, byModel.stderr);
    const [head, ...rows] = byModel.stdout.trimEnd().split("\n");
    assert.match(head!, /^model +requests +errors +p50 +p95 +ttft +tok\/s +tok in +tok out +cached +cost$/);
    assert.ok(rows.every((row) => row.length === head!.length));
    assert.match(
      rows.find((row) => row.startsWith("local/spark"))!,
      / \$0$/,
    );
    assert.match(rows.at(-2)!, /^total +600 .*\$\d/);
    assert.match(rows.at(-1)!, /^30d before +0 +– .*\$0$/);
    const byDay = await here(["usage", "--by", "day", "--since", "5d"]);
    assert.equal(byDay.stdout.trimEnd().split("\n").length, 1 + 5 + 2);
    const report = JSON.parse((await here(["usage", "--by", "key", "--json"])).stdout) as UsageReport;
    const { total, groups, series } = report;
    const sum = (counts: { generations: number }[]) => counts.reduce((all, { generations }) => all + generations, 0);
    assert.deepEqual([total.generations, sum(groups), sum(series)], [600, 600, 600]);
  });

  test("flywheel usage says what it does not understand", async () => {
    for (const [args, said] of [
      [["--by", "colour"], /--by must be one of model, .*"colour"/],
      [["--since", "soon"], /--since must be a time such as .*"soon"/],
      [["--since", "0d"], /longer than nothing/],
    ] as const) {
      const { code, stderr } = await here(["usage", ...args]);
      assert.equal(code, 2);
      assert.match(stderr, said);
    }
  });

  test("refuses to do it twice, and takes all of it out again and nothing else", async () => {
    const again = await here(["seed"]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /seed --remove/);
    const own = await here(["chat", "I lost my card", "--json"]);
    const { generation } = JSON.parse(own.stdout) as { generation: string };
    await eventually(() => server.generation(generation), "the row of the chat");
    const removed = await here(["seed", "--remove", "--json"]);
    assert.deepEqual(JSON.parse(removed.stdout), { deleted: 600 });
    assert.equal((await totals()).generations, 0);
    await server.generation(generation);
    assert.equal((await here(["seed", "--days", "1", "--generations", "20"])).code, 0, "it can be sown again");
    assert.equal((await totals()).generations, 20);
  });
});

test("Ctrl-C in the middle of seeding leaves nothing half-written", async () => {
  const dataDir = join(temporaryFolder(), "data");
  const seeding = startCommand(["seed", "--generations", "900000", "--data", dataDir, "--cwd", temporaryFolder()]);
  while (!existsSync(join(dataDir, "seed"))) await new Promise((resolve) => setTimeout(resolve, 20));
  seeding.child.kill("SIGINT");
  const { code } = await seeding.ended;
  assert.notEqual(code, 0);
  assert.ok(!existsSync(join(dataDir, "seed")));
  const { stdout } = await run(["logs", "--data", dataDir, "--cwd", temporaryFolder()]);
  assert.equal(stdout, "");
});

test("where no server runs, flywheel usage opens the store for itself, and says how to fill an empty one", async () => {
  const place = ["--data", join(temporaryFolder(), "data"), "--cwd", temporaryFolder()];
  const empty = await run(["usage", ...place]);
  assert.equal(empty.code, 0, empty.stderr);
  assert.equal(empty.stdout, "");
  assert.match(empty.stderr, /flywheel seed/);
  await run(["seed", "--days", "2", "--generations", "40", ...place]);
  assert.match((await run(["usage", ...place])).stdout, /\ntotal +40 /);
});
