import type { EventRow, GenerationStatus, Signal, Trial, TrialArm } from "@flywheel/protocol";
import type { Statement } from "./events.ts";

/**
 * A generation in a trial of which something is known: somebody said a word on it, or its model failed. Where silence
 * counts, every one.
 */
export interface TrialAnswer {
  id: string;
  /** Epoch milliseconds. */
  time: number;
  arm: TrialArm;
  unit: string;
  shadow_of: string;
  status: GenerationStatus;
  /** Who answered: `provider/model`. */
  model: string;
  /** The answer without its reasoning; "" where nobody said a word on it. */
  text: string;
  /** The same for two answers that differ in nothing but white space. */
  digest: string;
}

export type TrialEvent = Pick<EventRow, "id" | "generation_id" | "received" | "time" | "name" | "user_id" | "signals">;

/** What a trial is decided by. */
export interface TrialRows {
  answers: TrialAnswer[];
  /** In the order in which they were received. */
  events: TrialEvent[];
}

export type TrialRowsQuery = Pick<
  Trial,
  "id" | "created" | "baseline" | "candidate" | "kind" | "silence" | "most_users"
>;

/** However much one user asks and says, this much of it is read. */
const ANSWERS_OF_ONE = 100;
/** Where all are read, whether or not somebody spoke of them. */
const ANSWERS_OF_A_SILENT_ONE = 20;
const EVENTS_OF_ONE = 100;

const OF_TRIAL = "trial_id = {id:String} AND time >= fromUnixTimestamp64Milli({created:Int64})";
const SAID = "received >= fromUnixTimestamp64Milli({created:Int64}) AND signals != '[]'";
const HEARD = `SELECT generation_id FROM events WHERE ${SAID}`;
const IS_HEARD = `(id IN (${HEARD}) OR shadow_of IN (${HEARD}))`;

const MODEL = "concat(provider_name, '/', provider_model)";
const FAILED = `(status IN ('error', 'partial') OR ${MODEL} != if(trial_arm = 'candidate', {candidate:String}, {baseline:String}))`;
/** No model is to blame for what was cut off by us, or asked only of the cache. */
const NOBODYS_FAULT = "error_code NOT IN ('shutting_down', 'cache_miss')";
/** Those who came first. */
const EVERYBODY = `trial_unit IN (SELECT trial_unit FROM generations WHERE ${OF_TRIAL} GROUP BY trial_unit ORDER BY min(generations.time), trial_unit LIMIT {most_users:UInt32})`;

/** A line of its own in a row's text. */
const REASONING = String.raw`(?m)(^|\n)\{"reasoning":"[^\n]*$`;
const TEXT = "replaceRegexpOne(output_text, {reasoning:String}, '')";

export function trialAnswersStatement({ kind, silence, ...trial }: TrialRowsQuery): Statement {
  const [which, most] = kind === "shadow" && silence === "unknown" ? [EVERYBODY, ANSWERS_OF_A_SILENT_ONE] : [`(${IS_HEARD} OR ${FAILED})`, ANSWERS_OF_ONE]; // prettier-ignore
  const { id, created, baseline, candidate, most_users } = trial;
  return {
    sql: `SELECT id, toUnixTimestamp64Milli(time) AS time_ms, trial_arm AS arm, trial_unit AS unit, shadow_of, status, ${MODEL} AS model,
        if(${IS_HEARD}, ${TEXT}, '') AS text, toString(cityHash64(replaceRegexpAll(${TEXT}, '[[:space:]]+', ''))) AS digest
      FROM generations WHERE ${OF_TRIAL} AND ${NOBODYS_FAULT} AND ${which}
      ORDER BY generations.time, id LIMIT ${most} BY unit`,
    parameters: { id, created, baseline, candidate, most_users, reasoning: REASONING },
  };
}

export function trialEventsStatement({ id, created }: TrialRowsQuery): Statement {
  return {
    sql: `SELECT id, generation_id, toUnixTimestamp64Milli(received) AS received_ms, toUnixTimestamp64Milli(time) AS time_ms, name, user_id, signals
      FROM events WHERE ${SAID} AND generation_id IN (SELECT id FROM generations WHERE ${OF_TRIAL})
      ORDER BY events.received, id LIMIT ${EVENTS_OF_ONE} BY generation_id`,
    parameters: { id, created },
  };
}

export type RawTrialAnswer = Omit<TrialAnswer, "time"> & { time_ms: number };
export type RawTrialEvent = Omit<TrialEvent, "received" | "time" | "signals"> & {
  received_ms: number;
  time_ms: number;
  signals: string;
};

export function trialRows(answers: RawTrialAnswer[], events: RawTrialEvent[]): TrialRows {
  return {
    answers: answers.map(({ time_ms, ...answer }) => ({ ...answer, time: time_ms })),
    events: events.map(({ received_ms, time_ms, signals, ...event }) => ({
      ...event,
      received: received_ms,
      time: time_ms,
      signals: JSON.parse(signals) as Signal[],
    })),
  };
}
