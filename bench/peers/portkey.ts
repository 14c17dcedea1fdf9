import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const FOLDER = join(import.meta.dirname, "node_modules/@portkey-ai/gateway");

export interface Peer {
  /** `@portkey-ai/gateway 1.15.2` */
  name: string;
  /** `http://127.0.0.1:<port>` */
  origin: string;
  pid: number;
  stop(): void;
}

/** Start Portkey's gateway on a free port; `undefined` where it is not installed. */
export async function startPortkey(): Promise<Peer | undefined> {
  if (!existsSync(FOLDER)) return undefined;
  const { name, version } = JSON.parse(readFileSync(join(FOLDER, "package.json"), "utf8")) as Record<string, string>;
  const port = await freePort();
  const child = spawn(process.execPath, ["build/start-server.js", `--port=${port}`, "--headless"], {
    cwd: FOLDER,
    env: { ...process.env, NODE_ENV: "production" },
    stdio: "ignore",
  });
  const stop = (): void => void child.kill("SIGKILL");
  process.once("exit", stop);
  const origin = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode} before it listened.`);
    if (await answers(origin)) return { name: `${name} ${version}`, origin, pid: child.pid!, stop };
    await sleep(100);
  }
  stop();
  throw new Error(`${name} did not listen within 10 s.`);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const answers = (origin: string): Promise<boolean> =>
  fetch(origin).then(
    () => true,
    () => false,
  );
