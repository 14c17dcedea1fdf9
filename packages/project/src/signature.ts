import { statSync } from "node:fs";

const stateOf = (path: string) => statSync(path, { throwIfNoEntry: false });

/** Changes when one of the files does, appears, disappears or is replaced. */
export function signatureOf(files: readonly string[]): string {
  return files
    .map(stateOf)
    .map((state) => (state ? `${state.ino}:${state.mtimeMs}:${state.size}` : "-"))
    .join(" ");
}

/** As `signatureOf`, but "" where a file was changed since `from` (epoch ms): it may have been read before that or after. */
export function signatureSince(files: readonly string[], from: number): string {
  const now = Date.now();
  const changed = files.some((file) => {
    // A file that another one is renamed to has an old time of writing, but not an old one of this.
    const at = stateOf(file)?.ctimeMs;
    return at !== undefined && at >= from && at <= now;
  });
  return changed ? "" : signatureOf(files);
}
