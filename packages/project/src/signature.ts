import { type Stats, statSync } from "node:fs";
import { dirname } from "node:path";

type State = Stats | undefined;

const stateOf = (path: string): State => statSync(path, { throwIfNoEntry: false });

const inWords = (states: State[]): string =>
  states.map((state) => (state ? `${state.ino}:${state.mtimeMs}:${state.size}` : "-")).join(" ");

/** Changes when one of the files does, appears, disappears or is replaced. */
export const signatureOf = (files: readonly string[]): string => inWords(files.map(stateOf));

/**
 * As `signatureOf`, but "" where a file was changed or taken away since `from` (epoch ms): it may have been read before that
 * or after.
 */
export function signatureSince(files: readonly string[], from: number): string {
  const states = files.map(stateOf);
  // A file has fractions of a millisecond, and this has not.
  const now = Date.now() + 1;
  // A file that another one is renamed to has an old time of writing, but not an old one of this.
  const changed = files.some((path, i) => {
    const { ctimeMs } = states[i] ?? folderOf(path);
    return ctimeMs >= from && ctimeMs <= now;
  });
  return changed ? "" : inWords(states);
}

/** What is left above a file that is not there: it tells when something in it went. */
function folderOf(path: string): Stats {
  const folder = dirname(path);
  return stateOf(folder) ?? folderOf(folder);
}
