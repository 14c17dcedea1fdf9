import { randomUUID } from "node:crypto";
import type { ToolCall } from "./request.ts";

/** What a call stands between, in answers and in what the model is told. */
export const CALL_START = "<tool_call>";
export const CALL_END = "</tool_call>";

/** Text that is certain to be text, and the calls found in it. */
export interface CallFilter {
  push(text: string): string;
  /** What was held back and is no call after all, and the calls. */
  end(): { text: string; calls: ToolCall[] };
}

/**
 * Takes the calls out of an answer while it comes. What looks like the beginning of one is held back; what then is no call
 * comes out as the text it is.
 */
export function callFilter(): CallFilter {
  let held = "";
  const calls: ToolCall[] = [];

  function takeCalls(): string {
    let text = "";
    for (;;) {
      const start = held.indexOf(CALL_START);
      if (start < 0) return text;
      const end = held.indexOf(CALL_END, start);
      if (end < 0) break;
      const call = readCall(held.slice(start + CALL_START.length, end));
      const after = end + CALL_END.length;
      text += call ? held.slice(0, start) : held.slice(0, after);
      if (call) calls.push(call);
      held = held.slice(after);
    }
    const start = held.indexOf(CALL_START);
    text += held.slice(0, start);
    held = held.slice(start);
    return text;
  }

  return {
    push(piece) {
      held += piece;
      const text = takeCalls();
      if (held.startsWith(CALL_START)) return text;
      const certain = held.length - beginning(held);
      const out = text + held.slice(0, certain);
      held = held.slice(certain);
      return out;
    },
    end() {
      // A model that was cut, or that forgets the last mark, may still have said all that matters.
      const last = held.startsWith(CALL_START) ? readCall(held.slice(CALL_START.length)) : undefined;
      if (last) calls.push(last);
      return { text: last ? "" : held, calls };
    },
  };
}

/** Characters at the end that may be the beginning of a call. */
function beginning(text: string): number {
  for (let length = Math.min(CALL_START.length - 1, text.length); length > 0; length--)
    if (text.endsWith(CALL_START.slice(0, length))) return length;
  return 0;
}

function readCall(text: string): ToolCall | undefined {
  try {
    const value = JSON.parse(text) as { name?: unknown; arguments?: unknown };
    if (typeof value.name !== "string" || typeof value.arguments !== "object" || value.arguments === null)
      return undefined;
    return { id: `call_${randomUUID().replaceAll("-", "").slice(0, 24)}`, name: value.name, arguments: JSON.stringify(value.arguments) }; // prettier-ignore
  } catch {
    return undefined;
  }
}
