import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { CreateJob, Job, JobDetail, ServerStatus } from "@flywheel/protocol";
import { sortedMessages } from "../../packages/tuning/test/trainer-conformance.ts";
import { flywheel as run } from "./command.ts";
import { eventually, type Flywheel, removeFolder, startFlywheel } from "./flywheel.ts";

let flywheel: Flywheel;

before(async () => {
  flywheel = await startFlywheel();
  const rows = sortedMessages(64).map((row, i) => ({ ...row, kind: "example", split: i % 8 === 5 ? "eval" : "train" }));
  const file = join(flywheel.dataDir, "rows.jsonl");
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join("\n"));
  equal((await inFolder("dataset", "import", file, "--name", "desk")).code, 0);
});
after(async () => {
  await flywheel.stop();
  removeFolder(flywheel.dataDir);
});

const inFolder = (...args: string[]) => run([...args, "--data", flywheel.dataDir]);
const create = (job: Partial<CreateJob>) => flywheel.api<Job>("/api/jobs", { dataset: "desk", ...job });
const keep = (name: string, rows: object[]) =>
  flywheel.api(`/api/datasets/${name}/import`, { rows: rows.map((row) => ({ kind: "example", ...row })), at: 0, upload: name, last: true }); // prettier-ignore
const jobIs = (id: string, is: (job: JobDetail) => boolean, what: string) =>
  eventually(
    async () => {
      const job = await flywheel.api<JobDetail>(`/api/jobs/${id}`).catch(() => undefined);
      return job && is(job) ? job : undefined;
    },
    what,
    90_000,
  );

/** Long enough to be met in the middle. */
const LONG = { epochs: 400, patience: 400 };

describe("fine-tune jobs", () => {
  test("go on where they were when the server process is killed, and can be cancelled", async () => {
    const { id } = await create({ name: "long", hyperparameters: LONG });
    await jobIs(id, ({ progress }) => (progress?.step ?? 0) > 5, "the first steps");
    const { processes } = await flywheel.api<ServerStatus>("/api/status");
    process.kill(processes.find(({ name }) => name === "server")!.pid, "SIGKILL");
    const again = await jobIs(id, ({ starts, phase }) => starts === 2 && phase === "training", "the second start");
    equal(again.status, "running");
    const steps = again.curve.at(-1)!.step;
    await jobIs(id, ({ progress }) => progress?.step !== steps, "another step");
    const waiting = await create({ name: "behind" });
    equal(waiting.status, "queued");
    equal((await inFolder("jobs", "cancel", waiting.id)).code, 0);
    equal((await inFolder("jobs", "cancel", id)).code, 0);
    const over = await jobIs(id, ({ status }) => status === "cancelled", "the end");
    ok(over.finished! >= over.started!);
    equal((await jobIs(waiting.id, () => true, "the other")).status, "cancelled");
    match((await inFolder("jobs", "cancel", id)).stderr, /is over: it cancelled/);
    const { id: next } = await create({ name: "long", hyperparameters: LONG }); // the name is free again
    await flywheel.api(`/api/jobs/${next}/cancel`, {});
  });

  test("that diverge, or learn nothing, fail and say so; nothing of them is served", async () => {
    const hot = await create({ name: "hot", hyperparameters: { rate: 1, epochs: 20, patience: 20 } });
    const followed = await inFolder("jobs", "follow", hot.id);
    equal(followed.code, 1);
    match(followed.stderr, /Tuning failed: .*(?:the loss ran away|never got better)/);
    const failed = await flywheel.api<JobDetail>(`/api/jobs/${hot.id}`);
    equal(failed.status, "failed");
    match(failed.error, /the loss ran away.*learn slower|never got better.*learn slower/);
    const { stdout } = await inFolder("jobs", "list");
    match(stdout, /failed {2}local\/hot of desk@1/);
    ok(!(await served()).includes("local/hot"));
  });

  test(
    "fail in words where the process that trains is killed; the server goes on",
    { skip: process.platform !== "linux" && "finds the process in /proc" },
    async () => {
      const { id } = await create({ name: "killed", hyperparameters: LONG });
      await jobIs(id, ({ progress }) => (progress?.step ?? 0) > 2, "the first steps");
      const server = (await flywheel.status()).processes.find(({ name }) => name === "server")!;
      process.kill(childOf(server.pid, "training-process"), "SIGKILL");
      const failed = await jobIs(id, ({ status }) => status === "failed", "the end");
      match(failed.error, /the training process ended \(SIGKILL\); is there enough memory\?/);
      equal((await flywheel.status()).processes.find(({ name }) => name === "server")!.pid, server.pid);
    },
  );

  test("refuse what cannot be, before anything is trained", async () => {
    const refused = (job: object): Promise<string> =>
      flywheel.api("/api/jobs", job).then(
        () => "taken",
        (error: Error) => error.message,
      );
    const built = await inFolder("dataset", "build", "--name", "none");
    equal(built.code, 1);
    match(built.stderr, /no event with a meaning for training matches/);
    const piece = (at: number) => ({ rows: [{ ...sortedMessages(1)[0]!, kind: "example", split: "train" }], at, upload: "a" }); // prettier-ignore
    deepEqual(await flywheel.api("/api/datasets/parts/import", piece(0)), { received: 1 });
    await rejects(flywheel.api("/api/datasets/parts/import", { ...piece(2), last: true }), /409 .*was interrupted/);
    match(await refused({ dataset: "parts" }), /404 .*There is no dataset parts/);
    match(await refused({ dataset: "nothing" }), /404 .*There is no dataset nothing/);
    match(await refused({ dataset: "desk", name: "../x" }), /`name` is letters/);
    match(await refused({ dataset: "desk", hyperparameters: { rank: 9 } }), /`rank` is a multiple of 8/);
    match(await refused({ dataset: "desk", epochs: 3 }), /There is no `epochs`/);
    match(await refused({ dataset: "desk", method: "dpo" }), /desk@1 .*no preferences in its split `train`.*it has 56 example rows in `train`/); // prettier-ignore
    const promote = (dataset: string, ...protect: string[]) => refused({ dataset, promotion: { route: "fast", protect } }); // prettier-ignore
    match(await refused({ dataset: "desk", promotion: { route: "nowhere" } }), /There is no route .*nowhere/);
    match(await promote("desk", "=x"), /A protected slice is/);
    match(await promote("desk"), /desk@1 .*no examples in its split `holdout`, so there is nothing to decide by/);
    await keep("held", sortedMessages(4).map((row, i) => ({ ...row, split: i < 2 ? "train" : "holdout" }))); // prettier-ignore
    match(await promote("held", "nothing"), /404 .*There is no dataset nothing/);
    match(
      await promote("held", "desk"),
      /The dataset desk .*no examples in its split `holdout`, so it protects nothing/,
    );
    match(await promote("held", "queue=west"), /belongs to the protected slice queue=west/);
    equal((await flywheel.api<{ data: Job[] }>("/api/jobs")).data.some(({ dataset }) => dataset === "held@1"), false); // prettier-ignore
  });

  test("of data with one answer to everything fail and say so", async () => {
    await keep("same", sortedMessages(24).map((row) => ({ ...row, completion: "yes", split: "train" }))); // prettier-ignore
    const followed = await inFolder("tune", "same", "--promote-if", "better", "--route", "fast");
    equal(followed.code, 1);
    match(followed.stderr, /same@1 .*no examples in its split `holdout`/);
    const { id } = await create({ dataset: "same" });
    const failed = await jobIs(id, ({ status }) => status === "failed", "the end");
    match(failed.error, /all 24 answers are the same, so the model would learn to say nothing else/);
    ok(!(await served()).includes("local/spark-same"));
  });
});

function childOf(parent: number, name: string): number {
  const found = readdirSync("/proc").find((pid) => {
    try {
      const isChild = /PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] === String(parent);
      return isChild && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(name);
    } catch {
      return false;
    }
  });
  return Number(found);
}

async function served(): Promise<string[]> {
  const response = await fetch(`${flywheel.baseUrl}/models`, { headers: { authorization: `Bearer ${flywheel.key}` } });
  return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
}
