import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Readable } from "node:stream";
import { watchdog } from "./watchdog.ts";

const SERVER = `require("node:http").createServer((_, response) => response.end("Ok.")).listen(0, "127.0.0.1", function () { console.log(this.address().port) })`;

async function startServer(): Promise<{ child: ChildProcessByStdio<null, Readable, null>; url: string }> {
  const child = spawn(process.execPath, ["-e", SERVER], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = await once(child.stdout, "data");
  return { child, url: `http://127.0.0.1:${String(port).trim()}/ping` };
}

test("a process that stands still is found out, one that answers is left alone", async () => {
  const { child, url } = await startServer();
  let hung = 0;
  const stop = watchdog({
    url: () => url,
    everyMs: 50,
    onHung() {
      hung++;
      child.kill("SIGKILL");
    },
  });
  await sleep(500);
  assert.equal(hung, 0);
  child.kill("SIGSTOP");
  const [, signal] = (await once(child, "exit")) as [null, string];
  assert.equal(signal, "SIGKILL");
  stop();
});
