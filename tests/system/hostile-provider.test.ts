import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { DIALECT_IDS } from "@flywheel/protocol";
import type { FaultName } from "../upstream/faults.ts";
import { startUpstream } from "../upstream/server.ts";
import type { ScriptedUpstream } from "../upstream/server.ts";
import { eventually, removeFolder, startFlywheel, temporaryFolder } from "./flywheel.ts";
import type { Flywheel } from "./flywheel.ts";

let upstream: ScriptedUpstream;
let flywheel: Flywheel;
let asked = 0;

before(async () => {
  upstream = await startUpstream();
  const provider = (dialect: string): object => ({ baseUrl: `${upstream.origin}/fixtures`, dialect });
  const providers = Object.fromEntries(DIALECT_IDS.map((id) => [id, provider(id)]));
  const projectDir = temporaryFolder("project");
  writeFileSync(join(projectDir, "flywheel.config.ts"), `export default ${JSON.stringify({ providers })};\n`);
  flywheel = await startFlywheel({ projectDir });
});
after(async () => {
  await flywheel.stop();
  await upstream.close();
  removeFolder(flywheel.dataDir);
});

async function chat(model: string, stream: boolean): Promise<{ status: number; text: string }> {
  asked++;
  const response = await fetch(`${flywheel.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, stream, messages: [{ role: "user", content: "Hi" }] }),
  });
  return { status: response.status, text: await response.text() };
}

/** Resident memory of a process at its highest, MB. */
function peak(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;
}

describe("a provider that says too much", { skip: process.platform !== "linux" && "reads /proc" }, () => {
  let gateway: number;
  before(async () => {
    const { pid } = await eventually(async () => {
      const { processes } = await flywheel.status();
      return processes.find(({ name }) => name.startsWith("gateway"));
    }, "the gateway's process");
    gateway = pid;
    for (let i = 0; i < 20; i++) await chat("gemini/text", i % 2 === 0); // what the first calls take is no provider's fault
  });

  const cases: [fault: FaultName, status: number, mostMb: number][] = [
    // 200 MB in 200 kB, never unpacked.
    ["bomb", 502, 30],
    // 5 MB each, of which one is kept and cut at 1 MB.
    ["huge-json-error", 500, 60],
  ];
  for (const [fault, status, mostMb] of cases)
    test(`in ${fault}, eight at once, takes less than ${mostMb} MB`, async () => {
      const before = peak(gateway);
      const all = DIALECT_IDS.flatMap((id) => [chat(`${id}/${fault}`, true), chat(`${id}/${fault}`, false)]);
      for (const answer of await Promise.all(all)) {
        assert.equal(answer.status, status, answer.text.slice(0, 300));
        assert.ok(answer.text.length < 20_000);
      }
      assert.ok(peak(gateway) - before < mostMb, `${Math.round(peak(gateway) - before)} MB more`);
    });
});

test("every one of those calls is one row, and the next call works", async () => {
  assert.equal((await chat("gemini/text", false)).status, 200);
  const rows = await flywheel.rows(asked);
  assert.equal(rows.length, asked);
});
