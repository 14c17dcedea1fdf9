import type { EventRow, GenerationStatus, Signal, Trial, TrialArm } from "@flywheel/protocol";
import type { Statement } from "./events.ts";

/** A generation in a trial of which something is known: somebody said a word on it, or its model failed. */
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
  /** Without its reasoning. */
  text: string;
}

export type TrialEvent = Pick<EventRow, "id" | "generation_id" | "received" | "time" | "name" | "user_id" | "signals">;

/** What a trial is decided by. */
export interface TrialRows {
  answers: TrialAnswer[];
  /** In the order in which they were received. */
  events: TrialEvent[];
}

export type TrialRowsQuery = Pick<Trial, "id" | "created" | "baseline" | "candidate">;

/** However much one user asks and says, this much of it is read. */
const ANSWERS_OF_ONE = 100;
const EVENTS_OF_ONE = 100;

const OF_TRIAL = "trial_id = {id:String} AND time >= fromUnixTimestamp64Milli({created:Int64})";
const SAID = "received >= fromUnixTimestamp64Milli({created:Int64}) AND signals != '[]'";

/** No model is to blame for what was cut off by us, or asked only of the cache. */
const NOBODYS_FAULT = "error_code NOT IN ('shutting_down', 'cache_miss')";

export function trialAnswersStatement(trial: TrialRowsQuery): Statement {
  const model = "concat(provider_name, '/', provider_model)";
  const failed = `status IN ('error', 'partial') OR ${model} != if(trial_arm = 'candidate', {candidate:String}, {baseline:String})`;
  const heard = `SELECT generation_id FROM events WHERE ${SAID}`;
  return {
    sql: `SELECT id, toUnixTimestamp64Milli(time) AS time_ms, trial_arm AS arm, trial_unit AS unit, shadow_of, status, ${model} AS model, output_text AS text
      FROM generations WHERE ${OF_TRIAL} AND ${NOBODYS_FAULT} AND (id IN (${heard}) OR shadow_of IN (${heard}) OR ${failed})
      ORDER BY generations.time, id LIMIT ${ANSWERS_OF_ONE} BY unit`,
    parameters: { ...trial },
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

/** A line of its own in a row's text. */
const REASONING = /(?:^|\n)\{"reasoning":"[^\n]*$/m;

export function trialRows(answers: RawTrialAnswer[], events: RawTrialEvent[]): TrialRows {
  return {
    answers: answers.map(({ time_ms, text, ...answer }) => ({ ...answer, time: time_ms, text: text.replace(REASONING, "") })), // prettier-ignore
    events: events.map(({ received_ms, time_ms, signals, ...event }) => ({
      ...event,
      received: received_ms,
      time: time_ms,
      signals: JSON.parse(signals) as Signal[],
    })),
  };
}
