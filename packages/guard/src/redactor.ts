import type { RedactionPattern } from "@flywheel/protocol";
import { documentEdits } from "./document.ts";
import { applyEdits, type Redacted } from "./edits.ts";
import { isEventStream, streamEdits } from "./event-stream.ts";
import { findAll } from "./find.ts";

/** Replaces what the configured patterns match. The same input always gives the same output. */
export interface Redactor {
  /** Plain text. */
  text(text: string): Redacted;
  /** The body of a request or a response: JSON stays JSON, an event stream stays one, anything else is plain text. */
  body(body: string): Redacted;
  /** A body that may not even be text. What is not UTF-8 is matched byte by byte as Latin-1. */
  bytes(bytes: Uint8Array): Uint8Array;
}

/** Throws `config_invalid` where a pattern is not a regular expression. */
export function createRedactor(patterns: readonly RedactionPattern[]): Redactor {
  if (patterns.length === 0) return NOTHING;
  const find = findAll(patterns);
  const body = (text: string) =>
    applyEdits(text, isEventStream(text) ? streamEdits(text, find) : documentEdits(text, find));
  return {
    text: (text) => applyEdits(text, find(text)),
    body,
    bytes(bytes) {
      const text = utf8(bytes);
      return text === undefined
        ? latin1Bytes(body(Buffer.from(bytes).toString("latin1")).text)
        : Buffer.from(body(text).text);
    },
  };
}

const NOTHING: Redactor = {
  text: (text) => ({ text, count: 0 }),
  body: (text) => ({ text, count: 0 }),
  bytes: (bytes) => bytes,
};

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** One byte per character, as it was read; characters beyond that can only come from a replacement and are UTF-8. */
function latin1Bytes(text: string): Uint8Array {
  return Buffer.concat(
    text.split(/([^\0-\xff]+)/).map((part, i) => Buffer.from(part, i % 2 === 0 ? "latin1" : "utf8")),
  );
}
