import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";

/** Resident megabytes of a process and all that it started, by what each runs. Linux only: elsewhere nothing is told. */
export function residentByEntry(root: number): Record<string, number> {
  const resident: Record<string, number> = {};
  for (const pid of treeOf(root)) {
    const entry = entryOf(pid);
    resident[entry] = (resident[entry] ?? 0) + Math.round(residentBytes(pid) / 1e6);
  }
  return resident;
}

function treeOf(root: number): number[] {
  const parents = processIds().map((pid) => ({ pid, parent: parentOf(pid) }));
  const tree = [root];
  for (const each of tree) tree.push(...parents.filter(({ parent }) => parent === each).map(({ pid }) => pid));
  return tree;
}

function processIds(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

const parentOf = (pid: number) => Number(/^PPid:\s+(\d+)/m.exec(read(pid, "status"))?.[1] ?? -1);
const residentBytes = (pid: number) => Number(/^VmRSS:\s+(\d+)/m.exec(read(pid, "status"))?.[1] ?? 0) * 1024;

/** `read-process` of `node --flag …/read-process.ts`; a program that is not Node goes by its own name. */
function entryOf(pid: number): string {
  const words = read(pid, "cmdline").split("\0");
  const script = words.find((word) => /\.(?:ts|js)$/.test(word));
  return basename(script ?? words[0] ?? "").replace(/\.\w+$/, "");
}

/** A process may be gone by now. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
