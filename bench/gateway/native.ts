import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The programs in C: a provider, a load generator, and a gateway that does nothing but the job. */
export interface Native {
  mock: string;
  load: string;
  floor: string;
  folder: string;
}

/** Builds them with `cc`. Throws where there is none, or no epoll. */
export function buildNative(): Native {
  if (process.platform !== "linux") throw new Error("This bench needs Linux: its C programs use epoll.");
  const folder = mkdtempSync(join(tmpdir(), "flywheel-bench-"));
  const build = (name: string): string => {
    const made = join(folder, name);
    execFileSync("cc", ["-O2", "-Wall", "-D_GNU_SOURCE", "-o", made, join(import.meta.dirname, "native", `${name}.c`)]);
    return made;
  };
  return { mock: build("mock"), load: build("load"), floor: build("floor"), folder };
}

/** A program on one core that prints its port first. */
export async function startNative(
  core: string,
  program: string,
  args: string[],
): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn("taskset", ["-c", core, program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => child.kill("SIGKILL"));
  for await (const line of createInterface(child.stdout)) return { child, port: Number(line) };
  throw new Error(`${program} ended before it listened`);
}
