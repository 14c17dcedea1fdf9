import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import { signatureOf } from "../signature.ts";

/** Looks at files, and says when they are no longer what they were. */
export interface FileWatch {
  /** From now on these, whose state was `signature` when they were read. */
  follow(files: readonly string[], signature: string): void;
  close(): void;
}

const INTERVAL_MS = 500;
/** A save can take several writes. */
const SETTLE_MS = 20;

/**
 * The system tells of most edits at once. What it does not tell (containers, file systems of a network) is seen by
 * looking twice a second. `onChange` is called again and again until the files are followed anew.
 */
export function watchFiles(onChange: () => void): FileWatch {
  let files: readonly string[] = [];
  let signature = "";
  let settling: NodeJS.Timeout | undefined;
  const watchers = new Map<string, FSWatcher>();

  function look(): void {
    if (signatureOf(files) !== signature) onChange();
  }

  function onEvent(): void {
    clearTimeout(settling);
    settling = setTimeout(look, SETTLE_MS);
  }

  function watchFolders(folders: Set<string>): void {
    for (const [folder, watcher] of watchers)
      if (!folders.has(folder)) {
        watcher.close();
        watchers.delete(folder);
      }
    for (const folder of folders) if (!watchers.has(folder)) watchFolder(folder);
  }

  function watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, onEvent);
      watcher.on("error", () => watcher.close());
      watchers.set(folder, watcher);
    } catch {
      // Not there, or too many are watched already: it is looked at all the same.
    }
  }

  const timer = setInterval(look, INTERVAL_MS);
  return {
    follow(followed, state) {
      files = followed;
      signature = state;
      watchFolders(new Set(files.map((file) => dirname(file))));
      onEvent();
    },
    close() {
      clearInterval(timer);
      clearTimeout(settling);
      watchFolders(new Set());
    },
  };
}
