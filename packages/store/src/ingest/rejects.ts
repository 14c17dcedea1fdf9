import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { isUtf8 } from "node:buffer";
import { join } from "node:path";
import type { EventRow, Generation } from "@flywheel/protocol";
import type { WalRecord } from "../wal/index.ts";

/** Where the thing stood, and why it did not become a row. */
export interface RejectReason {
  segment: string;
  offset: number;
  reason: string;
}

/** The folder of what could not become rows: a private file each, redacted like a row. */
export interface Rejects {
  /** A row that the log store refused. It was redacted when it was made. */
  row(why: RejectReason, row: Generation | EventRow): void;
  /** Records that did not become a row. */
  records(why: RejectReason, begin: WalRecord | undefined, end: WalRecord | undefined): void;
  /** Bytes that are no record. */
  bytes(why: RejectReason, bytes: Uint8Array): void;
  deleteOlderThan(time: number): void;
  count(): number;
}

/** The same record always gets the same file, so that doing it again after a crash changes nothing. */
export function openRejects(dir: string, redactBytes: (bytes: Uint8Array) => Uint8Array): Rejects {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const files = () => readdirSync(dir).filter((name) => name.endsWith(".json"));

  function write(why: RejectReason, content: object): void {
    const path = join(dir, `${why.segment}-${why.offset}.json`);
    writeFileSync(path, `${JSON.stringify({ ...why, ...content }, null, 2)}\n`, { mode: 0o600, flush: true });
  }

  /** Text as text, anything else in base64; nothing at all where it cannot be redacted. */
  function redacted(bytes: Uint8Array): object {
    try {
      const clean = Buffer.from(redactBytes(bytes));
      return isUtf8(clean) ? { text: clean.toString() } : { base64: clean.toString("base64") };
    } catch (error) {
      return { left_out: `${bytes.length} bytes that could not be redacted: ${(error as Error).message}` };
    }
  }

  function describe({ head, body }: WalRecord): object {
    return { head: redactedHead(head), body: redacted(body) };
  }

  /** A head can hold a provider's words; its id stays whole, for finding it again. */
  function redactedHead(head: Buffer): unknown {
    try {
      return JSON.parse(head.toString(), (key, value: unknown) => {
        if (typeof value !== "string" || key === "id") return value;
        return Buffer.from(redactBytes(Buffer.from(value))).toString();
      });
    } catch {
      return redacted(head);
    }
  }

  return {
    row: (why, row) => write(why, { row }),
    records: (why, begin, end) => write(why, { begin: begin && describe(begin), end: end && describe(end) }),
    bytes: (why, bytes) => write(why, { bytes: redacted(bytes) }),
    deleteOlderThan(time) {
      for (const name of files())
        if (statSync(join(dir, name)).mtimeMs < time) rmSync(join(dir, name), { force: true });
    },
    count: () => files().length,
  };
}
