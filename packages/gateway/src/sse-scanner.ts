/** What an event of a stream is to the relay. `failed` is an error and the end in one. */
export type EventKind = "data" | "comment" | "usage" | "error" | "done" | "failed";

const LF = 10;
const CR = 13;
const COLON = 0x3a;
const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CHOICES = Buffer.from('"choices"');
const DONE_BELOW = 256;
const UNDECIDED_BELOW = 64 * 1024;

/**
 * Cuts the bytes of an event stream into whole events without decoding them. An event that arrives in one piece is handed
 * on as a range of the buffer it came in; one that arrives in several is joined first.
 */
export class SseScanner {
  #onEvent: (bytes: Buffer, start: number, end: number) => boolean;
  #held: Buffer[] = [];
  /** Content bytes of the line being read, counted up to 2; a lone CR before LF is not content. */
  #lineLength = 0;
  #lineIsCr = false;
  #newline = 0;

  /** @param onEvent returns false to stop: the rest of the bytes is ignored */
  constructor(onEvent: (bytes: Buffer, start: number, end: number) => boolean) {
    this.#onEvent = onEvent;
  }

  push(chunk: Buffer): void {
    if (this.#newline !== 0) return this.#scan(chunk);
    const sofar = this.#held.length === 0 ? chunk : Buffer.concat([...this.#held, chunk]);
    this.#newline = lineEnding(sofar);
    this.#held = this.#newline === 0 ? [sofar] : [];
    if (this.#newline !== 0) this.#scan(sofar);
  }

  /** What has come of an event whose end has not. */
  rest(): Buffer {
    return Buffer.concat(this.#held);
  }

  #scan(chunk: Buffer): void {
    let start = 0;
    let at = 0;
    for (;;) {
      const end = chunk.indexOf(this.#newline, at);
      if (end < 0) break;
      const blank = this.#isBlank(chunk, at, end);
      this.#lineLength = 0;
      at = end + 1;
      if (!blank) continue;
      if (!this.#emit(chunk, start, at)) return;
      start = at;
    }
    if (at < chunk.length) {
      this.#lineIsCr = this.#lineLength === 0 && chunk.length - at === 1 && chunk[at] === CR;
      this.#lineLength += chunk.length - at;
    }
    if (start < chunk.length) this.#held.push(start === 0 ? chunk : chunk.subarray(start));
  }

  #isBlank(chunk: Buffer, at: number, end: number): boolean {
    if (this.#lineLength === 0) return end === at || (end === at + 1 && chunk[at] === CR && this.#newline === LF);
    return this.#lineLength === 1 && this.#lineIsCr && end === at && this.#newline === LF;
  }

  #emit(chunk: Buffer, start: number, end: number): boolean {
    if (this.#held.length === 0) return this.#onEvent(chunk, start, end);
    const whole = Buffer.concat([...this.#held, chunk.subarray(start, end)]);
    this.#held = [];
    return this.#onEvent(whole, 0, whole.length);
  }
}

/**
 * LF ends a line, alone or after CR, unless the stream's first line ends in a lone CR, which the standard allows, too.
 * 0 while the first line has no end yet.
 */
function lineEnding(bytes: Buffer): number {
  const cr = bytes.indexOf(CR);
  const lf = bytes.indexOf(LF);
  if (cr >= 0 && cr + 1 < bytes.length && bytes[cr + 1] !== LF && (lf < 0 || cr < lf)) return CR;
  return lf >= 0 || bytes.length > UNDECIDED_BELOW ? LF : 0;
}

/** Tell the events of an OpenAI chat stream apart by a few bytes; only the rare candidates are looked at closely. */
export function eventKind(bytes: Buffer, start: number, end: number, findUsage: boolean): EventKind {
  const value = dataStart(bytes, start, end);
  if (value < 0) return hasData(bytes, start, end) ? slowKind(bytes, start, end) : "comment";
  if (end - start < DONE_BELOW && isDone(bytes, value, end)) return "done";
  if (bytes[value] === OPEN_BRACE && startsWithError(bytes, value + 1)) return "error";
  return findUsage && isUsage(bytes, value, end) ? "usage" : "data";
}

/** Where the value begins when the event is a plain `data:` line; −1 when it begins otherwise. */
function dataStart(bytes: Buffer, start: number, end: number): number {
  if (end - start < 7 || bytes[start] !== 0x64 || bytes[start + 3] !== 0x61 || bytes[start + 4] !== COLON) return -1;
  return bytes[start + 5] === 0x20 ? start + 6 : start + 5;
}

function hasData(bytes: Buffer, start: number, end: number): boolean {
  return /(?:^|[\r\n])(?:\ufeff|\xef\xbb\xbf)?data/.test(bytes.toString("latin1", start, end));
}

/** Events with an `event:` or `id:` line, a comment or a byte order mark before the data. */
function slowKind(bytes: Buffer, start: number, end: number): EventKind {
  const text = bytes.toString("latin1", start, end);
  if (/(?:^|[\r\n])(?:\xef\xbb\xbf)?data: ?\[DONE\]/.test(text)) return "done";
  return /(?:^|[\r\n])event: ?error\s/.test(text) || /(?:^|[\r\n])(?:\xef\xbb\xbf)?data: ?\{\s*"error"\s*:/.test(text)
    ? "error"
    : "data";
}

function isDone(bytes: Buffer, value: number, end: number): boolean {
  if (bytes[value] !== OPEN_BRACKET) return false;
  return bytes.toString("latin1", value, end).trimEnd() === "[DONE]";
}

function startsWithError(bytes: Buffer, at: number): boolean {
  const quote = skipSpace(bytes, at);
  if (bytes[quote] !== QUOTE || bytes[quote + 1] !== 0x65 || bytes[quote + 2] !== 0x72) return false;
  return /^"error"\s*:\s*[^\sn]/.test(bytes.toString("latin1", quote, quote + 32));
}

/** The extra chunk that `include_usage` adds: no choices, but usage. */
function isUsage(bytes: Buffer, value: number, end: number): boolean {
  const event = bytes.subarray(value, end);
  const key = event.indexOf(CHOICES);
  if (key < 0) return false;
  const colon = skipSpace(event, key + CHOICES.length);
  const open = skipSpace(event, colon + 1);
  if (event[colon] !== COLON || event[open] !== OPEN_BRACKET || event[skipSpace(event, open + 1)] !== CLOSE_BRACKET)
    return false;
  try {
    const chunk = JSON.parse(event.toString()) as { choices?: unknown; usage?: unknown };
    return (
      Array.isArray(chunk.choices) &&
      chunk.choices.length === 0 &&
      typeof chunk.usage === "object" &&
      chunk.usage !== null
    );
  } catch {
    return false;
  }
}

function skipSpace(bytes: Buffer, at: number): number {
  while (bytes[at] === 0x20 || bytes[at] === LF || bytes[at] === CR || bytes[at] === 0x09) at++;
  return at;
}
