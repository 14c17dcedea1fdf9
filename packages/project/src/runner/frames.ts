/** What the supervisor's side says to a runner. */
export type ToRunner =
  | { type: "load"; code: string; env: Record<string, string> }
  | { type: "render"; id: number; endpoint: string; input: unknown }
  | { type: "ping" }
  | ({ type: "fetched"; id: number } & (Fetched | { error: string }));

/** What a runner says. It runs a stranger's code: nothing here may be believed before it has been looked at. */
export type FromRunner =
  | { type: "loaded"; definitions: Record<string, LoadedDefinition> }
  /** The user's code began on this prompt: if the process stands still from here on, this is what it stands at. */
  | { type: "begun"; id: number }
  | { type: "rendered"; id: number; messages: unknown }
  /** `id` is that of a render; absent: while loading, or after everything was answered. */
  | ({ type: "threw"; id?: number } & Thrown)
  | { type: "fetch"; id: number; url: string; method: string; headers: [string, string][]; body: string }
  /** It no longer waits for what it fetches. */
  | { type: "cancel"; id: number }
  | { type: "pong" }
  | { type: "log"; text: string };

/** The default export of a file in `endpoints/`, as plain data; functions and the like are marked as what they are. */
export interface LoadedDefinition {
  value: unknown;
  /** Where `input` or `output` is a schema of a validation library. */
  schemas: { input?: SchemaSaid; output?: SchemaSaid };
}

/** A JSON Schema as text, or why there is none. */
export type SchemaSaid = { json: string } | { problem: string; suggestion: string };

export interface Thrown {
  message: string;
  /** Positions in the bundle, innermost first; from 1. */
  frames: { line: number; column: number }[];
}

/** Bodies are base64. */
export interface Fetched {
  url: string;
  status: number;
  statusText: string;
  headers: [string, string][];
  body: string;
  redirected: boolean;
}

/** Of one message of a runner's. */
export const LONGEST_FRAME = 8 << 20;

const HEAD_BYTES = 4;

/** One message: four bytes of length, then JSON. */
export function frameOf(message: ToRunner | FromRunner): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, HEAD_BYTES);
  return frame;
}

/**
 * Takes bytes as they come and gives whole messages. Throws where a frame is longer than `limit` or holds no JSON: whoever
 * is at the other end is not to be talked to any more.
 */
export function frameReader(limit: number, onMessage: (message: unknown) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let held = 0;
  let wanted = HEAD_BYTES;
  let inHead = true;

  function take(): Buffer {
    const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts, held);
    const rest = all.subarray(wanted);
    parts = rest.length > 0 ? [rest] : [];
    held = rest.length;
    return all.subarray(0, wanted);
  }

  return (chunk) => {
    parts.push(chunk);
    held += chunk.length;
    while (held >= wanted) {
      const piece = take();
      if (inHead) {
        wanted = piece.readUInt32BE(0);
        if (wanted > limit) throw new RangeError(`a message of ${wanted} bytes; at most ${limit} are taken`);
      } else {
        wanted = HEAD_BYTES;
        onMessage(JSON.parse(piece.toString("utf8")));
      }
      inHead = !inHead;
    }
  };
}
