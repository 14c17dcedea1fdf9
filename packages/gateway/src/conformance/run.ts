import { startOwnGateway } from "./own-gateway.ts";
import { halfOf, twinOf } from "./plain-reader.ts";
import type { ClientDialect, Dialect } from "./reading.ts";
import { isSkipped, readRecordings } from "./recordings.ts";
import type { Recording, Skipped } from "./recordings.ts";
import { askAll, replayOne } from "./replay.ts";
import type { Gateway, Outcome, ReplayOptions } from "./replay.ts";
import { startReplayingUpstream } from "./replaying-upstream.ts";
import type { ReplayingUpstream } from "./replaying-upstream.ts";

/** Somebody else's gateway. Texts may hold `{upstream}`, `{provider}`, `{dialect}` and `{model}`. */
export interface Against {
  /** With `/v1`. */
  baseUrl: string;
  headers: Readonly<Record<string, string>>;
  model: string;
  key: string;
}

export interface RunOptions extends ReplayOptions {
  folder: string;
  /** Absent = a gateway of ours, started for this. */
  against?: Against;
  signal: AbortSignal;
  /** Told every few seconds how far it is. */
  note?(line: string): void;
}

export interface Result {
  outcomes: Outcome[];
  skipped: Skipped[];
  /** Streams put together to one body and replayed once more, and how many of those said the same. */
  twins: { checked: number; agree: number };
  /** Streams that the provider ends in the middle, for each client that asked. */
  cut: CutStream[];
}

export interface CutStream {
  client: ClientDialect;
  provider: Dialect;
  /** The client's SDK raised an error. */
  told: boolean;
}

/** Replay a folder's recordings one after the other; ends early when `signal` aborts. */
export async function run({ folder, against, signal, note, ...options }: RunOptions): Promise<Result> {
  const entries = readRecordings(folder);
  const result: Result = {
    outcomes: [],
    skipped: entries.filter(isSkipped),
    twins: { checked: 0, agree: 0 },
    cut: [],
  };
  const upstream = await startReplayingUpstream();
  const gateway = against ? theirs(against, upstream) : await startOwnGateway(upstream);
  const replay = (recording: Recording): Promise<Outcome> =>
    replayOne(gateway, recording, upstream.hold(recording), options);
  let noted = performance.now();
  try {
    for (const [index, recording] of entries.entries()) {
      if (signal.aborted) break;
      if (note && performance.now() - noted > NOTE_MS) {
        note(`${index} of ${entries.length} recordings`);
        noted = performance.now();
      }
      if (isSkipped(recording)) continue;
      const outcome = await replay(recording);
      result.outcomes.push(outcome);
      if (!recording.stream || outcome.unreadable) continue;
      result.twins.checked++;
      if ((await replay(twinOf(recording))).right) result.twins.agree++;
      const half = halfOf(recording);
      for (const [client, found] of half ? await askAll(gateway, half, upstream.hold(half), options) : [])
        result.cut.push({ client, provider: recording.dialect, told: found instanceof Error });
    }
  } finally {
    await gateway.close();
    await upstream.close();
  }
  return result;
}

const NOTE_MS = 5000;

/** Whose dialect it is, as many gateways call it. */
const VENDORS: Readonly<Record<Dialect, string>> = {
  "openai-chat": "openai",
  "openai-responses": "openai",
  "anthropic-messages": "anthropic",
  gemini: "google",
};

function theirs({ baseUrl, headers, model: template, key }: Against, upstream: ReplayingUpstream): Gateway {
  return {
    address(dialect, held) {
      const values: Record<string, string> = {
        upstream: upstream.baseUrl(dialect),
        provider: VENDORS[dialect],
        dialect,
        model: held,
      };
      const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
      const filled = Object.entries(headers).map(([name, value]) => [name, fill(value)] as const);
      return { baseUrl, headers: Object.fromEntries(filled), key, model: fill(template) };
    },
    close: async () => {},
  };
}
