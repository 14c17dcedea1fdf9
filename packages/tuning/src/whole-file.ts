import { renameSync, rmSync, writeFileSync } from "node:fs";

/** A file is there whole or, where its disk is full or its process killed, as it was before. Throws what the system says. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const draft = `${path}.new`;
  try {
    writeFileSync(draft, content, { mode: 0o600, flush: true });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
