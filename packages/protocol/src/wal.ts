import type { Attempt } from "./attempt.ts";
import type { DialectId, GenerationStatus, Operation } from "./generation.ts";
import type { TrialPart } from "./trial.ts";

/** Head of the record written before the first upstream call. The raw request body travels beside it. */
export interface BeginHead {
  id: string;
  /** Epoch milliseconds. */
  time: number;
  project: string;
  environment: string;
  key_id: string;
  operation: Operation;
  /** Dialect of the raw request. */
  dialect: DialectId;
  request_model: string;
  route: string;
  /** The first target, so that an interrupted row can still name whom to ask about the bill. */
  provider: string;
  model: string;
  stream: boolean;
  trace_id?: string;
  conversation_id?: string;
  user_id?: string;
  user_agent?: string;
  trial?: TrialPart;
  /** The generation whose request this asks again. */
  shadow_of?: string;
}

/** Head of the record written before the last byte of the answer. The raw response body travels beside it. */
export interface EndHead {
  id: string;
  /** Epoch milliseconds. */
  time: number;
  status: GenerationStatus;
  /** What the client got. */
  http_status: number;
  error?: { code: string; message: string };
  /** Who answered, or was asked last. */
  provider: string;
  model: string;
  /** Dialect of the raw response. */
  dialect: DialectId;
  /** Content type of the raw response, e.g. `text/event-stream`. */
  content_type: string;
  attempts: Attempt[];
  /** Seconds. */
  duration: number;
  /** Seconds; absent where no chunk came. */
  time_to_first_chunk?: number;
  cache: "off" | "miss" | "hit";
}

/** Called once, when the record is as durable as the configured durability asks. */
export type RecordDone = (error?: Error) => void;

/**
 * What the gateway is handed to record generations. Order is kept: an `end` never lands before its `begin`.
 * `done` gets an error (code `storage_full`, say) where the record could not be written; nothing is half-written.
 */
export interface GenerationRecorder {
  begin(head: BeginHead, rawRequest: Uint8Array, done: RecordDone): void;
  end(head: EndHead, rawResponse: readonly Uint8Array[], done: RecordDone): void;
}
