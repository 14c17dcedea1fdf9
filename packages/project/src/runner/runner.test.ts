import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { canTieToUs } from "./runner.ts";

const HOST = `
import { startRunner } from ${JSON.stringify(import.meta.resolve("./runner.ts"))};
const none = () => {};
const limits = { env: {}, hosts: [], memoryBytes: 256e6, timeoutMs: 60_000 };
const runner = startRunner(limits, { onLog: none, onStray: none, onDeath: none });
await runner.load("export default { loop: { default: { prompt() { for (;;); } } } }");
runner.render("loop", {}).catch(none);
setTimeout(() => console.log(runner.pid), 100);
`;

it(
  "code in a loop ends with the process that runs it, even where that is killed",
  { skip: !canTieToUs() },
  async () => {
    const host = spawn(process.execPath, ["--input-type=module", "--eval", HOST], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(host.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    assert.ok(isAlive(pid));
    host.kill("SIGKILL");
    await once(host, "exit");
    while (isAlive(pid)) await sleep(20);
  },
);

/** One that nobody has asked about yet is dead all the same. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
