import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import type { DatasetRow } from "@flywheel/protocol";

/** The files of datasets, each named by the hash of what is in it and never changed. */
export interface DatasetFolder {
  /** Gives the id; nothing happens where the same rows are there already. */
  write(rows: readonly DatasetRow[]): Promise<string>;
  /** Rejects where there is no such file. */
  read(id: string): Promise<DatasetRow[]>;
}

const MOST_CACHED = 2;
/** Rows between two breaths: others wait for this process, too. */
const PIECE = 2000;

export function datasetFolder(dir: string): DatasetFolder {
  /** The last ones read: pages of rows are asked for one after the other. */
  const cache = new Map<string, DatasetRow[]>();
  const pathOf = (id: string) => join(dir, `${id}.jsonl`);
  let drafts = 0;
  return {
    async write(rows) {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      const draft = join(dir, `${process.pid}.${drafts++}.tmp`);
      try {
        const id = `ds_${(await writeRows(draft, rows)).slice(0, 32)}`;
        if (!existsSync(pathOf(id))) renameSync(draft, pathOf(id));
        return id;
      } finally {
        rmSync(draft, { force: true });
      }
    },
    async read(id) {
      const known = cache.get(id);
      if (known) return known;
      const rows = await readRows(pathOf(id));
      if (cache.size >= MOST_CACHED) cache.delete(cache.keys().next().value!);
      cache.set(id, rows);
      return rows;
    },
  };
}

/** Gives the SHA-256 of what was written. */
async function writeRows(path: string, rows: readonly DatasetRow[]): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "w", 0o600);
  try {
    for (let at = 0; at < rows.length; at += PIECE) {
      const piece = rows.slice(at, at + PIECE).map((row) => `${JSON.stringify(inOrder(row))}\n`);
      const text = Buffer.from(piece.join(""));
      hash.update(text);
      await file.writeFile(text);
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

async function readRows(path: string): Promise<DatasetRow[]> {
  const lines = (await readFile(path, "utf8")).split("\n").filter(Boolean);
  const rows: DatasetRow[] = [];
  for (const [index, line] of lines.entries()) {
    rows.push(JSON.parse(line) as DatasetRow);
    if (index % PIECE === PIECE - 1) await breathe();
  }
  return rows;
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
