import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname } from "node:path";

/** What was found out, one line for each thing, so that a run that was cut off goes on where it was. */
export interface Journal {
  get(key: string): unknown;
  /** Written before it returns. */
  put(key: string, value: unknown): void;
}

/** Whose word a key is: a name, and what stands behind it now where that can change. */
export function modelKey(model: string, { behind }: { behind: Readonly<Record<string, string>> }): string[] {
  const who = behind[model];
  return who === undefined ? [model] : [model, who];
}

/** Opens or makes it. A last line that was cut off is dropped; other lines that cannot be read are passed over. */
export function openJournal(path: string): Journal {
  const known = new Map<string, unknown>();
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path)) {
    const text = readFileSync(path, "utf8");
    const whole = text.lastIndexOf("\n") + 1;
    if (whole < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, whole)));
    for (const line of text.slice(0, whole).split("\n")) {
      const entry = parse(line);
      if (entry) known.set(...entry);
    }
  }
  return {
    get: (key) => known.get(key),
    put(key, value) {
      appendFileSync(path, `${JSON.stringify([key, value])}\n`);
      known.set(key, value);
    },
  };
}

function parse(line: string): [string, unknown] | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return Array.isArray(entry) && entry.length === 2 ? (entry as [string, unknown]) : undefined;
  } catch {
    return undefined;
  }
}
