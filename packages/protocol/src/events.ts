import type { Signal } from "./training.ts";
import type { RecordDone } from "./wal.ts";

/**
 * What a field of an event's payload holds: a list = one of these words, `generation` = another generation's id or token,
 * `json` = anything but nothing.
 */
export type EventFieldType = "string" | "number" | "boolean" | "generation" | "json" | readonly string[];

export interface EventField {
  readonly type: EventFieldType;
  readonly optional: boolean;
}

/**
 * One kind of event and what it means for training, as data: no code of the project runs where events arrive.
 * The members besides `payload` name the fields that say it.
 */
export interface EventDefinition {
  readonly payload: Readonly<Record<string, EventField>>;
  /** How good the answer was, −1 to 1: always the same, a number in the payload, or what each word of a field stands for. */
  readonly reward?: number | { readonly field: string; readonly values?: Readonly<Record<string, number>> };
  /** Fields that say what the answer should have called something. */
  readonly label?: readonly string[];
  /** The field with the better answer. */
  readonly demonstration?: string;
  /** The field with the generation that was not chosen. */
  readonly preference?: string;
}

/** By event name. */
export type EventDefinitions = Readonly<Record<string, EventDefinition>>;

const required = (type: EventFieldType): EventField => ({ type, optional: false });

/** What a project without `events.ts` understands. */
export const DEFAULT_EVENTS: EventDefinitions = {
  copied: { payload: {}, reward: 0.3 },
  thumbs: {
    payload: { value: required(["up", "down"]) },
    reward: { field: "value", values: { up: 1, down: -1 } },
  },
  edited: { payload: { final: required("json") }, demonstration: "final" },
  regenerated: { payload: {}, reward: -0.5 },
  chosen: { payload: { over: required("generation") }, preference: "over" },
};

/** What the end user said about training on it; `unknown` where nobody asked. */
export const CONSENTS = ["granted", "denied", "unknown"] as const;
export type Consent = (typeof CONSENTS)[number];

/** Head of an event's record in the write-ahead log. The payload travels beside it, as JSON. */
export interface EventHead {
  /** `evt_<uuidv7>`, given by the client: the same id twice is the same event. */
  id: string;
  /** When it reached us, epoch milliseconds. */
  received: number;
  /** When the client says it happened. */
  time: number;
  project: string;
  environment: string;
  key_id: string;
  name: string;
  /** It may not be a row yet, and may never be. */
  generation_id: string;
  /** Whom the client says it was, or "". */
  user_id: string;
  consent: Consent;
  /** The page it came from, or "". */
  origin: string;
}

/** What the gateway is handed to record events; as with generations, `done` means that it is written. */
export interface EventRecorder {
  event(head: EventHead, payload: Uint8Array, done: RecordDone): void;
}

/** One row of the log store: what a user did, and what it means. Written once. */
export interface EventRow extends EventHead {
  /** JSON, after redaction. */
  payload: string;
  /** Empty where the event has no meaning for training. */
  signals: Signal[];
}

/** `GET /api/events`: newest first, keyset-paged. All filters combine with AND. */
export interface EventQuery {
  limit?: number;
  /** Rows received before this event. */
  before?: string;
  /** Rows received after this event, oldest first; for following. */
  after?: string;
  project?: string;
  generation?: string;
  name?: string;
  user?: string;
  signal?: Signal["type"];
  /** Only events with a signal. */
  meaningful?: boolean;
  /** The order without `after`; with it, it is always this. */
  oldestFirst?: boolean;
  /** When it was received, epoch milliseconds, inclusive / exclusive. */
  from?: number;
  to?: number;
}

export interface EventPage {
  data: EventRow[];
  /** Pass as `before` (or `after`) for the next page; absent on the last. */
  next?: string;
}

/** `POST /events`, one event of the list. */
export interface SentEvent {
  id: string;
  name: string;
  /** The id of a generation; from a publishable key its signed token. */
  generation: string;
  /** Epoch milliseconds. */
  time?: number;
  payload?: Record<string, unknown>;
  user?: string;
  consent?: Consent;
}

/** `POST /events` */
export interface SentEvents {
  /** Where no header can be set, as with `navigator.sendBeacon`; for publishable keys only. */
  key?: string;
  events: SentEvent[];
}

/** The answer: what is accepted is kept, whatever dies. What is refused will be refused again. */
export interface EventsAnswer {
  accepted: number;
  refused: { id: string; code: string; message: string }[];
}
