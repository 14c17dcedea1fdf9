import { execFileSync, spawn, spawnSync } from "node:child_process";
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

/** What is missing here, or "". */
export function whyNotHere(): string {
  if (process.platform !== "linux") return "This bench needs Linux: its C programs use epoll.";
  const missing = ["cc", "taskset"].filter((name) => spawnSync(name, ["--version"]).error);
  return missing.length > 0
    ? `This bench needs ${missing.join(" and ")}: apt-get install gcc libc6-dev util-linux`
    : "";
}

/** Builds them with `cc`. */
export function buildNative(): Native {
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
