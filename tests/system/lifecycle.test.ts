import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { GenerationPage, ServerStatus } from "@flywheel/protocol";
import { startUpstream } from "../upstream/server.ts";
import { flywheel as run } from "./command.ts";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "./flywheel.ts";

interface Chat {
  status: number;
  id: string;
  body: string;
}

async function chat({ baseUrl, key }: Pick<Flywheel, "baseUrl" | "key">, model: string, stream = false): Promise<Chat> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, stream, max_tokens: 5, messages: [{ role: "user", content: "hi" }] }),
    signal: AbortSignal.timeout(15_000),
  });
  const id = response.headers.get("flywheel-generation-id") ?? "";
  return { status: response.status, id, body: await response.text() };
}

const SCRIPTED = (origin: string) =>
  `export default { providers: { scripted: { baseUrl: "${origin}/v1", apiKeyEnv: "SCRIPTED_API_KEY" } } };\n`;

/** A project whose one provider is the scripted upstream. */
async function scripted() {
  const upstream = await startUpstream();
  const projectDir = temporaryFolder("project");
  writeFileSync(join(projectDir, "flywheel.config.ts"), SCRIPTED(upstream.origin));
  return { upstream, projectDir };
}

describe("flywheel dev", () => {
  test("begins with one line of JSON that says where, with which key, and how fast", async () => {
    const server = await startFlywheel();
    assert.match(server.baseUrl, /^http:\/\/localhost:\d+\/v1$/);
    assert.match(server.key, /^fw_dev_[A-Za-z0-9]{43}$/);
    assert.match(server.studioUrl, /^http:\/\/localhost:\d+\/studio\?token=fw_studio_\w+$/);
    assert.ok(Number.isInteger(server.readyMs) && server.readyMs > 0);
    assert.equal(await server.stop(), 0);
    removeFolder(server.dataDir);
  });

  test("keeps its key across restarts, and replaces it only once it was revoked", async () => {
    const dataDir = temporaryFolder();
    const first = await startFlywheel({ dataDir });
    await first.stop();
    const second = await startFlywheel({ dataDir });
    assert.equal(second.key, first.key);
    assert.equal(second.studioUrl.split("=")[1], first.studioUrl.split("=")[1]);
    const { data } = await second.api<{ data: { id: string }[] }>("/api/keys");
    assert.equal(data.length, 1);
    assert.equal((await run(["keys", "revoke", data[0]!.id, "--data", dataDir])).code, 0);
    await second.stop();
    const third = await startFlywheel({ dataDir });
    assert.notEqual(third.key, first.key);
    assert.equal((await chat(third, "local/spark")).status, 200);
    await third.stop();
    removeFolder(dataDir);
  });

  test("reads .env and .env.local, and the process environment wins over both", async () => {
    const { upstream, projectDir } = await scripted();
    const seenKey = async (env: Record<string, string>) => {
      const server = await startFlywheel({ projectDir, env });
      assert.equal((await chat(server, "scripted/ok")).status, 200);
      await server.stop();
      removeFolder(server.dataDir);
      return upstream.seen.at(-1)!.headers.authorization;
    };
    writeFileSync(join(projectDir, ".env"), "SCRIPTED_API_KEY=of-env\n");
    assert.equal(await seenKey({}), "Bearer of-env");
    writeFileSync(join(projectDir, ".env.local"), 'SCRIPTED_API_KEY="of-env-local"\n');
    assert.equal(await seenKey({}), "Bearer of-env-local");
    assert.equal(await seenKey({ SCRIPTED_API_KEY: "of-the-process" }), "Bearer of-the-process");
    await upstream.close();
  });

  test("swaps in an edited configuration while calls go on", async () => {
    const { upstream, projectDir } = await scripted();
    const server = await startFlywheel({ projectDir, env: { SCRIPTED_API_KEY: "k" } });
    assert.equal((await chat(server, "mine")).status, 404);
    writeFileSync(
      join(projectDir, "flywheel.config.ts"),
      SCRIPTED(upstream.origin).replace("{ providers", '{ routes: { mine: ["scripted/ok"] }, providers'),
    );
    await eventually(async () => ((await chat(server, "mine")).status === 200 ? true : undefined), "the new route");
    assert.match(server.notes(), /configuration reloaded/);
    await server.stop();
    await upstream.close();
  });

  test("drains at Ctrl-C: a stream under way comes to its end, its row is kept, and the exit code is 0", async () => {
    const { upstream, projectDir } = await scripted();
    const dataDir = temporaryFolder();
    const server = await startFlywheel({ projectDir, dataDir, env: { SCRIPTED_API_KEY: "k" } });
    const answer = chat(server, "scripted/slow", true);
    await eventually(async () => upstream.seen.length > 0 || undefined, "the call to be under way");
    const stopped = server.stop();
    assert.match((await answer).body, /data: \[DONE\]\n\n$/);
    assert.equal(await stopped, 0);
    assert.ok(!existsSync(join(dataDir, "run.json")));
    const row = JSON.parse((await run(["logs", (await answer).id, "--json", "--data", dataDir])).stdout) as {
      status: string;
    };
    assert.equal(row.status, "ok");
    await upstream.close();
  });

  test("ends at once at the second Ctrl-C, and takes every process with it", async () => {
    const { upstream, projectDir } = await scripted();
    const server = await startFlywheel({ projectDir, env: { SCRIPTED_API_KEY: "k" } });
    const { processes } = await eventually(async () => {
      const status = await server.status();
      return status.processes.length >= 4 ? status : undefined;
    }, "the roll call");
    const answer = chat(server, "scripted/endless", true).catch(() => undefined);
    await eventually(async () => upstream.seen.length > 0 || undefined, "the endless call");
    const exited = server.stop();
    await eventually(async () => server.notes().includes("stopping") || undefined, "the drain to begin");
    assert.equal(await Promise.race([exited, sleep(300, "still draining")]), "still draining");
    server.child.kill("SIGINT");
    assert.equal(await exited, 130);
    await answer;
    await eventually(
      async () => processes.every(({ pid }) => !isRunning(pid)) || undefined,
      "every process to be gone",
    );
    await upstream.close();
  });
});

describe("flywheel start", () => {
  test("serves on several workers, takes a new key on all of them, and comes back on its port when one dies", async () => {
    const server = await startFlywheel({ command: "start", args: ["--workers", "2"] });
    assert.equal(server.key, null);
    assert.ok(!existsSync(join(server.dataDir, "dev.key")));
    const make = async (...more: string[]) =>
      (await run(["keys", "create", "client", ...more, "--data", server.dataDir])).stdout.trim();
    const key = await make("--admin");
    const client = { ...server, key };
    /** Connections are dealt out in turn, and each call here makes one. */
    const eachWorker = async (one: typeof client) => {
      const statuses = await Promise.all(
        Array.from({ length: 8 }, () => chat(one, "local/spark").then(({ status }) => status)),
      );
      return statuses.every((status) => status === 200) || undefined;
    };
    await eventually(() => eachWorker(client), "the key on both workers");

    const status = async () => {
      const response = await fetch(`${server.origin}/api/status`, { headers: { authorization: `Bearer ${key}` } });
      return (await response.json()) as ServerStatus;
    };
    const workers = async () => (await status()).processes.filter(({ name }) => name.startsWith("gateway"));
    const before = await eventually(
      async () => ((await workers()).length === 2 ? workers() : undefined),
      "two workers",
    );
    process.kill(before[0]!.pid, "SIGKILL");
    await eventually(
      async () => ((await workers()).some(({ restarts }) => restarts === 1) ? true : undefined),
      "its successor",
    );
    await eventually(() => eachWorker(client), "both workers to answer");
    await eventually(async () => eachWorker({ ...server, key: await make() }), "another new key on both");
    assert.equal((await workers()).length, 2);
    assert.equal(await server.stop(), 0);
    removeFolder(server.dataDir);
  });

  test("writes nothing that others on the machine may read", async () => {
    const server = await startFlywheel();
    await chat(server, "local/spark");
    await server.rows(1);
    await server.stop();
    assert.equal(statSync(server.dataDir).mode & 0o777, 0o700);
    for (const folder of ["wal", "rejects", "logs"])
      assert.equal(statSync(join(server.dataDir, folder)).mode & 0o077, 0, folder);
    for (const file of ["dev.key", "studio.token", "control.db", "ingest.db"])
      assert.equal(statSync(join(server.dataDir, file)).mode & 0o777, 0o600, file);
    removeFolder(server.dataDir);
  });
});

test("a killed process is started again under load, and every answered call is one row", async () => {
  const server = await startFlywheel();
  const { processes } = await eventually(async () => {
    const status = await server.status();
    return status.processes.length >= 4 ? status : undefined;
  }, "the roll call");
  const accepted: string[] = [];
  for (const kind of ["server", "logstore", "gateway1"]) {
    process.kill(processes.find(({ name }) => name === kind)!.pid, "SIGKILL");
    for (let n = 0; n < 3; n++) {
      const { status, id } = await eventually(() => chat(server, "local/spark"), "an answer");
      if (status === 200) accepted.push(id);
    }
  }
  assert.ok(accepted.length >= 6);
  await eventually(async () => {
    const { data } = await server.api<GenerationPage>("/api/generations?limit=100");
    return accepted.every((id) => data.filter((row) => row.id === id).length === 1) || undefined;
  }, "every accepted call as one row");
  assert.equal(await server.stop(), 0);
  removeFolder(server.dataDir);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
