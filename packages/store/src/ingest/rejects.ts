import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Rows that could not be stored, one private file each; the person who reads them decides. */
export interface Rejects {
  /** Write one; the same record always gets the same file, so a repeat replaces it. */
  add(segment: string, offset: number, content: Record<string, unknown>): void;
  deleteOlder(time: number): void;
  count(): number;
}

export function openRejects(dir: string): Rejects {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const files = () => readdirSync(dir).filter((name) => name.endsWith(".json"));
  return {
    add(segment, offset, content) {
      writeFileSync(join(dir, `${segment}-${offset}.json`), JSON.stringify({ segment, offset, ...content }, null, 2), { mode: 0o600 });
    },
    deleteOlder(time) {
      for (const name of files()) if (statSync(join(dir, name)).mtimeMs < time) rmSync(join(dir, name), { force: true });
    },
    count: () => files().length,
  };
}
