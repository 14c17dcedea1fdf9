import { resolve } from "node:path";
import type { Config, FlywheelError } from "@flywheel/protocol";
import { type LoadOptions, lastReading, type Reading, readConfig } from "./load.ts";
import { signatureOf } from "./signature.ts";

/** What an edit led to. With an error, the last good configuration stays in force. */
export type ConfigChange = { config: Config } | { error: FlywheelError };

const INTERVAL_MS = 250;

/**
 * Call back whenever the configuration of `dir` changes, or stops being valid: an edit of the file or of anything it
 * imports, its creation, its deletion. Goes on from the last `loadConfig` of the folder, so that no edit falls between
 * the two. Edits that come to the same configuration are not told. Returns how to stop.
 *
 * The files are looked at a few times a second rather than watched. Editors replace files, containers mount them,
 * networks serve them; a dozen `stat` calls see all of that alike and cost next to nothing.
 */
export function watchConfig(
  dir: string,
  onChange: (change: ConfigChange) => void,
  options: LoadOptions = {},
): () => void {
  const folder = resolve(dir);
  let reading: Reading | undefined = lastReading(folder);
  let pending: string | undefined;
  let busy = false;
  let stopped = false;

  async function look(): Promise<void> {
    const now = reading && signatureOf(reading.files);
    const changed = !reading || now !== reading.signature;
    // A save can take several writes: wait until nothing has changed for one interval.
    const settled = !reading || now === pending;
    pending = changed ? now : undefined;
    if (!changed || !settled) return;
    const before = reading;
    reading = await readConfig(folder, options);
    if (before && before.meaning !== reading.meaning && !stopped) onChange(reading.result);
  }

  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void look().finally(() => (busy = false));
  }, INTERVAL_MS);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
