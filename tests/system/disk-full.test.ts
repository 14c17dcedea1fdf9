import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startUpstream } from "../upstream/server.ts";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "./flywheel.ts";

/** A file system of our own, which needs no privileges where users may have namespaces; it goes with its process. */
const OWN_MOUNTS = ["unshare", "--user", "--map-root-user", "--mount"];
const cannotMount =
  spawnSync(OWN_MOUNTS[0]!, [...OWN_MOUNTS.slice(1), "sh", "-c", "mount -t tmpfs none /mnt"]).status !== 0;
const skip = cannotMount && "a small file system cannot be mounted here (it takes Linux with user namespaces, or root)";

const MB = 1 << 20;

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

test(
  "a full disk refuses calls before the provider is asked, records those under way, and takes calls again once there is room",
  { skip },
  async () => {
    const upstream = await startUpstream();
    const mountPoint = temporaryFolder("disk");
    const projectDir = temporaryFolder("project");
    writeFileSync(
      join(projectDir, "flywheel.config.ts"),
      `export default { providers: { scripted: { baseUrl: "${upstream.origin}/v1" } } };\n`,
    );
    const under = [...OWN_MOUNTS, "sh", "-c", `mount -t tmpfs -o size=300m none ${mountPoint} && exec "$@"`, "sh"];
    const flywheel = await startFlywheel({ under, dataDir: join(mountPoint, "data"), projectDir });
    // The same files as that process sees them.
    const inside = `/proc/${flywheel.child.pid}/root${mountPoint}`;
    const filler = join(inside, "filler");
    const free = () => {
      const { bavail, bsize } = statfsSync(inside);
      return bavail * bsize;
    };
    try {
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
      await eventually(
        async () => ((await flywheel.status()).alarms.length === 0 ? true : undefined),
        "the alarm to go",
      );
    } finally {
      assert.equal(await flywheel.stop(), 0);
      await upstream.close();
      removeFolder(mountPoint);
      removeFolder(projectDir);
    }
  },
);
