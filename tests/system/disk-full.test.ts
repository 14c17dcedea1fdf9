import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type DatasetBuild, type EventPage, type Job, type JobDetail, newId } from "@flywheel/protocol";
import { sortedMessages } from "../../packages/tuning/test/trainer-conformance.ts";
import { type ScriptedUpstream, startUpstream } from "../upstream/server.ts";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "./flywheel.ts";

/** A file system of our own, which needs no privileges where users may have namespaces; it goes with its process. */
const OWN_MOUNTS = ["unshare", "--user", "--map-root-user", "--mount"];
const cannotMount =
  spawnSync(OWN_MOUNTS[0]!, [...OWN_MOUNTS.slice(1), "sh", "-c", "mount -t tmpfs none /mnt"]).status !== 0;
const skip = cannotMount && "a small file system cannot be mounted here (it takes Linux with user namespaces, or root)";

const MB = 1 << 20;

let upstream: ScriptedUpstream;
let flywheel: Flywheel;
let mountPoint: string;
/** The same files as that process sees them. */
let inside: string;
let filler: string;

async function chat(flywheel: Flywheel, model: string): Promise<{ status: number; id: string; body: string }> {
  const response = await fetch(`${flywheel.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, stream: model.endsWith("slow"), messages: [{ role: "user", content: "hi" }] }),
  });
  return {
    status: response.status,
    id: response.headers.get("flywheel-generation-id") ?? "",
    body: await response.text(),
  };
}

/** Until nothing more can be written. */
function fill(): void {
  for (let size = 4 * MB; size >= 1;) {
    try {
      appendFileSync(filler, Buffer.alloc(size));
    } catch {
      size >>= 2;
    }
  }
}

describe("a full disk", { skip }, () => {
  before(async () => {
    upstream = await startUpstream();
    mountPoint = temporaryFolder("disk");
    const projectDir = temporaryFolder("project");
    writeFileSync(
      join(projectDir, "flywheel.config.ts"),
      `export default { providers: { scripted: { baseUrl: "${upstream.origin}/v1" } } };\n`,
    );
    const under = [...OWN_MOUNTS, "sh", "-c", `mount -t tmpfs -o size=300m none ${mountPoint} && exec "$@"`, "sh"];
    flywheel = await startFlywheel({ under, dataDir: join(mountPoint, "data"), projectDir });
    inside = `/proc/${flywheel.child.pid}/root${mountPoint}`;
    filler = join(inside, "filler");
  });
  after(async () => {
    rmSync(filler, { force: true });
    assert.equal(await flywheel.stop(), 0);
    await upstream.close();
    removeFolder(mountPoint);
  });

  test("refuses calls before the provider is asked, records those under way, and takes calls again once there is room", async () => {
    const free = () => {
      const { bavail, bsize } = statfsSync(inside);
      return bavail * bsize;
    };
    const before = await chat(flywheel, "scripted/ok");
    assert.equal(before.status, 200, before.body);
    await flywheel.rows(1);

    const underWay = chat(flywheel, "scripted/slow");
    await eventually(async () => upstream.seen.length >= 2 || undefined, "the slow call at the provider");
    writeFileSync(filler, Buffer.alloc(free() - 32 * MB));

    const refused = await eventually(async () => {
      const answer = await chat(flywheel, "scripted/ok");
      return answer.status === 503 ? answer : undefined;
    }, "calls to be refused");
    assert.equal((JSON.parse(refused.body) as { error: { code: string } }).error.code, "storage_full");
    const asked = upstream.seen.length;
    assert.equal((await chat(flywheel, "scripted/ok")).status, 503);
    assert.equal(upstream.seen.length, asked, "a refused call reached the provider");
    await eventually(
      async () => (await flywheel.status()).alarms.some(({ code }) => code === "disk_full") || undefined,
      "the alarm",
    );
    assert.match(flywheel.notes(), /storage_full/);

    const slow = await underWay;
    assert.match(slow.body, /\[DONE\]/);
    const rows = await eventually(async () => {
      const { data } = await flywheel.api<{ data: { id: string; status: string }[] }>("/api/generations?limit=50");
      return data.some(({ id }) => id === slow.id) ? data : undefined;
    }, "the row of the call that was under way");
    assert.equal(rows.find(({ id }) => id === slow.id)!.status, "ok");
    assert.ok(rows.some(({ id }) => id === before.id));

    rmSync(filler);
    const later = await eventually(async () => {
      const answer = await chat(flywheel, "scripted/ok");
      return answer.status === 200 ? answer : undefined;
    }, "calls to be taken again");
    await eventually(async () => flywheel.generation(later.id), "its row");
    await eventually(async () => ((await flywheel.status()).alarms.length === 0 ? true : undefined), "the alarm to go");
  });

  test("fails what is trained, sent or built then, in words, with nothing half-written; what was there stays", async () => {
    const rows = sortedMessages(48).map((row) => ({ ...row, kind: "example", split: "train" }));
    const lines = rows.map(({ messages, completion }) => JSON.stringify({ messages: [...messages, { role: "assistant", content: completion }] })); // prettier-ignore
    const post = async (path: string, body: object) => {
      const isForm = body instanceof FormData;
      const headers = { authorization: `Bearer ${flywheel.key}`, ...(!isForm && { "content-type": "application/json" }) }; // prettier-ignore
      const sent = { method: "POST", headers, body: isForm ? body : JSON.stringify(body) };
      return (await fetch(flywheel.origin + path, sent)).text();
    };
    const send = () => {
      const form = new FormData();
      form.set("file", new Blob([lines.join("\n")]), "desk.jsonl");
      form.set("purpose", "fine-tune");
      return post("/v1/files", form);
    };
    const keep = (name: string) => post(`/api/datasets/${name}/import`, { rows, at: 0, upload: name, last: true });
    const ids = async (path: string) => (await flywheel.api<{ data: { id: string }[] }>(path)).data.map(({ id }) => id);
    const filesIn = (folder: string) => readdirSync(join(inside, "data", folder), { recursive: true }).map(String);
    const thumb = { id: newId("evt"), name: "thumbs", generation: (await chat(flywheel, "scripted/ok")).id, payload: { value: "up" } }; // prettier-ignore
    await post("/events", { events: [thumb] });
    const stored = () => flywheel.api<EventPage>("/api/events").then(({ data }) => data[0]);
    await eventually(stored, "the event that a dataset can be built of");
    assert.match(await keep("desk"), /"desk"/);
    assert.match(await send(), /"processed"/);

    const hyperparameters = { epochs: 400, patience: 400, batch: 4 };
    const { id } = await flywheel.api<Job>("/api/jobs", { dataset: "desk", hyperparameters });
    const jobIs = (is: (job: JobDetail) => boolean, what: string) =>
      eventually(async () => {
        const job = await flywheel.api<JobDetail>(`/api/jobs/${id}`);
        return is(job) ? job : undefined;
      }, what, 90_000); // prettier-ignore
    await jobIs(({ progress }) => (progress?.step ?? 0) > 2, "the first steps");
    fill();
    const { error } = await jobIs(({ status }) => status === "failed", "the job to fail");
    assert.equal(error, "the disk of the data folder is full: make room, then tune again");
    // Others tidy up, so that there may be room again for a moment.
    const refused = (what: string, ask: () => Promise<string>) =>
      eventually(async () => {
        fill();
        return (await ask()).includes(`"code":"disk_full"`) || undefined;
      }, `${what} to be refused`);
    await refused("a file", send);
    await refused("a dataset", () => keep("other"));
    await refused("a job", () => post("/api/jobs", { dataset: "desk" }));
    await refused("what is built", async () => {
      const build = JSON.parse(await post("/api/datasets", { name: "built" })) as DatasetBuild;
      return eventually(async () => {
        const now = await flywheel.api<DatasetBuild>(`/api/datasets/builds/${build.id}`);
        return now.state === "running" ? undefined : JSON.stringify(now);
      }, "the build to end");
    });
    assert.equal(filesIn("files").filter((path) => path.endsWith("file.json")).length, (await ids("/v1/files")).length);
    assert.deepEqual(new Set((await ids("/api/datasets")).map((each) => `${each}.jsonl`)), new Set(filesIn("datasets"))); // prettier-ignore
    assert.deepEqual(new Set(filesIn("jobs").map((path) => path.split("/")[0])), new Set(await ids("/api/jobs")));
    assert.deepEqual([...filesIn("files"), ...filesIn("jobs")].filter((path) => path.endsWith(".new")), []); // prettier-ignore

    rmSync(filler);
    assert.match(await keep("other"), /"other"/);
    assert.match(await send(), /"processed"/);
    assert.equal((await ids("/api/jobs")).includes(id), true);
  });
});
