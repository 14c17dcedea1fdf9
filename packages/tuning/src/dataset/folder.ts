import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DatasetRow } from "@flywheel/protocol";

/** The files of datasets, each named by the hash of what is in it and never changed. */
export interface DatasetFolder {
  /** Gives the id; nothing happens where the same rows are there already. */
  write(rows: readonly DatasetRow[]): string;
  /** Throws where there is no such file. */
  read(id: string): DatasetRow[];
}

const MOST_CACHED = 2;

export function datasetFolder(dir: string): DatasetFolder {
  /** The last ones read: pages of rows are asked for one after the other. */
  const cache = new Map<string, DatasetRow[]>();
  const pathOf = (id: string) => join(dir, `${id}.jsonl`);
  return {
    write(rows) {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      const text = rows.map((row) => `${JSON.stringify(inOrder(row))}\n`).join("");
      const id = `ds_${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
      if (existsSync(pathOf(id))) return id;
      const draft = `${pathOf(id)}.${process.pid}.tmp`;
      try {
        writeFileSync(draft, text, { mode: 0o600, flush: true });
        renameSync(draft, pathOf(id));
      } finally {
        rmSync(draft, { force: true });
      }
      return id;
    },
    read(id) {
      const known = cache.get(id);
      if (known) return known;
      const rows = readFileSync(pathOf(id), "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as DatasetRow);
      if (cache.size >= MOST_CACHED) cache.delete(cache.keys().next().value!);
      cache.set(id, rows);
      return rows;
    },
  };
}

/** The same row is the same bytes, wherever it comes from. */
const MEMBERS = [
  "id", "kind", "split", "messages", "completion", "chosen", "rejected", "desirable", "response_schema", "weight", "lineage",
] as const; // prettier-ignore

function inOrder(row: DatasetRow): object {
  const { messages, lineage } = row;
  const { generation_ids, event_ids, user_id } = lineage;
  const plain: Partial<Record<(typeof MEMBERS)[number], unknown>> = {
    ...row,
    messages: messages.map(({ role, content }) => ({ role, content })),
    lineage: { generation_ids, event_ids, user_id },
  };
  return Object.fromEntries(MEMBERS.filter((name) => Object.hasOwn(plain, name)).map((name) => [name, plain[name]]));
}
