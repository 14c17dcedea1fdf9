import { type Stats, statSync } from "node:fs";

type State = Stats | undefined;

const statesOf = (files: readonly string[]): State[] => files.map((path) => statSync(path, { throwIfNoEntry: false }));

const inWords = (states: State[]): string =>
  states.map((state) => (state ? `${state.ino}:${state.mtimeMs}:${state.size}` : "-")).join(" ");

/** Changes when one of the files does, appears, disappears or is replaced. */
export const signatureOf = (files: readonly string[]): string => inWords(statesOf(files));

/** As `signatureOf`, but "" where a file was changed since `from` (epoch ms): it may have been read before that or after. */
export function signatureSince(files: readonly string[], from: number): string {
  const states = statesOf(files);
  const now = Date.now();
  // A file that another one is renamed to has an old time of writing, but not an old one of this.
  const changed = states.some((state) => state && state.ctimeMs >= from && state.ctimeMs <= now);
  return changed ? "" : inWords(states);
}
