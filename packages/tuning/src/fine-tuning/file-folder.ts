import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FlywheelError, newId, type TrainingMethod } from "@flywheel/protocol";
import { writeWhole } from "../whole-file.ts";

/** A file that a client sent, whole and checked. */
export interface StoredFile {
  id: string;
  project: string;
  /** As the client calls it. */
  filename: string;
  bytes: number;
  /** Lines that are training examples. */
  rows: number;
  /** What can be learned from it. */
  method: TrainingMethod;
  /** Epoch milliseconds. */
  created: number;
}

/** A file on its way in. */
export interface FileDraft {
  id: string;
  /** Where its bytes belong. */
  path: string;
  /** From here on it is there. */
  keep(file: StoredFile): void;
  /** Nothing of it stays. */
  drop(): void;
}

/** Files that clients sent: a folder each, with its bytes and what is known of them. */
export interface FileFolder {
  /** Newest first. */
  list(project: string | undefined): StoredFile[];
  /** Throws `file_not_found`, also where it is another project's. */
  find(id: string, project: string | undefined): StoredFile;
  pathOf(file: StoredFile): string;
  begin(): FileDraft;
  remove(file: StoredFile): void;
}

const CONTENT = "content.jsonl";
const FACTS = "file.json";

/** Only one process at a time may have a folder: drafts of an earlier life are taken away here. */
export function fileFolder(dir: string): FileFolder {
  const files = new Map<string, StoredFile>();
  for (const name of existsSync(dir) ? readdirSync(dir) : []) {
    const file = readFacts(join(dir, name, FACTS));
    if (file) files.set(name, file);
    else rmSync(join(dir, name), { recursive: true, force: true });
  }
  const isOf = (file: StoredFile, project: string | undefined) => project === undefined || file.project === project;
  return {
    list: (project) => [...files.values()].filter((file) => isOf(file, project)).toSorted((a, b) => (a.id < b.id ? 1 : -1)), // prettier-ignore
    find(id, project) {
      const file = files.get(id);
      if (!file || !isOf(file, project)) throw new FlywheelError("file_not_found", { id: id.slice(0, 100) });
      return file;
    },
    pathOf: ({ id }) => join(dir, id, CONTENT),
    begin() {
      const id = newId("file");
      const folder = join(dir, id);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return {
        id,
        path: join(folder, CONTENT),
        keep(file) {
          writeWhole(join(folder, FACTS), JSON.stringify(file));
          files.set(id, file);
        },
        drop: () => rmSync(folder, { recursive: true, force: true }),
      };
    },
    remove({ id }) {
      files.delete(id);
      // Without its facts it is gone, whatever becomes of the rest.
      rmSync(join(dir, id, FACTS), { force: true });
      rmSync(join(dir, id), { recursive: true, force: true });
    },
  };
}

function readFacts(path: string): StoredFile | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as StoredFile;
  } catch {
    return undefined;
  }
}
