import type { DialectId } from "@flywheel/protocol";
import { eventKind } from "./sse-scanner.ts";
import type { EventKind } from "./sse-scanner.ts";

/** How the relay tells the events of a dialect's stream apart without reading them. */
export interface Framing {
  kindOf(bytes: Buffer, start: number, end: number, findUsage: boolean): EventKind;
  /** Found in what a provider sent that left out the last event, though the answer was over. */
  finished: RegExp;
  /** The last event, for a client whose provider left it out. */
  last: Buffer;
}

/** Dialects that name every event. The name comes first, so a few bytes are enough. */
function named(done: readonly string[], failed: readonly string[], finished: RegExp, last = ""): Framing {
  const kinds = new Map<string, EventKind>([
    ...done.map((name) => [name, "done"] as const),
    ...failed.map((name) => [name, "failed"] as const),
    ["error", "error"],
  ]);
  return {
    kindOf(bytes, start, end) {
      const head = bytes.toString("latin1", start, Math.min(end, start + HEAD_BYTES));
      if (!/(?:^|[\r\n])(?:\xef\xbb\xbf)?data:/.test(head)) return "comment";
      const name = /(?:^|[\r\n])(?:\xef\xbb\xbf)?event: ?([^\r\n]*)/.exec(head)?.[1];
      // Without a name the data's own `type`, which both dialects put first, says the same.
      return kinds.get((name ?? /data: ?\{\s*"type"\s*:\s*"([^"]*)"/.exec(head)?.[1] ?? "").trim()) ?? "data";
    },
    finished,
    last: Buffer.from(last),
  };
}

const HEAD_BYTES = 128;

export const FRAMINGS: Readonly<Partial<Record<DialectId, Framing>>> = {
  // In text the quotes would be escaped, so this finds only the field.
  "openai-chat": { kindOf: eventKind, finished: /"finish_reason"\s*:\s*"/, last: Buffer.from("data: [DONE]\n\n") },
  "openai-responses": named(["response.completed", "response.incomplete"], ["response.failed"], /(?!)/),
  "anthropic-messages": named(
    ["message_stop"],
    [],
    /"stop_reason"\s*:\s*"/,
    'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  ),
};
