import { FlywheelError } from "@flywheel/protocol";
import type { BeginHead, EndHead } from "@flywheel/protocol";
import { elapsed } from "./call.ts";
import type { Call } from "./call.ts";

/** Written before the first provider is called, so that no bill is ever unexplained. */
export function recordBegin(call: Call, done: (error?: FlywheelError) => void): void {
  const { target } = call;
  const head: BeginHead = {
    id: call.id,
    time: call.time,
    project: call.key.project,
    environment: call.key.environment,
    key_id: call.key.id,
    operation: call.request.operation,
    dialect: call.request.rawDialect ?? call.request.dialect.id,
    request_model: call.request.model,
    route: call.route.name,
    provider: target.provider.id,
    model: target.model,
    stream: call.request.stream,
    ...call.correlation,
    ...(call.route.trial && { trial: call.route.trial }),
    ...(call.shadowOf !== undefined && { shadow_of: call.shadowOf }),
  };
  call.ports.recorder.begin(head, call.request.raw, (error) => done(error && storageError(error)));
}

export interface Ending extends Pick<EndHead, "status" | "http_status" | "error" | "content_type"> {
  /** The answer as the provider sent it. */
  raw: readonly Uint8Array[];
}

/** Written before the client can have the last byte: an answer that looks complete is on record. */
export function recordEnd(call: Call, ending: Ending, done: (error?: FlywheelError) => void): void {
  call.phase = "closing";
  call.ended = ending.status;
  const { raw, ...outcome } = ending;
  const head: EndHead = {
    id: call.id,
    time: Date.now(),
    ...outcome,
    provider: call.target.provider.id,
    model: call.target.model,
    dialect: call.answering.id,
    attempts: call.attempts,
    duration: elapsed(call) / 1000,
    ...(call.firstChunkMs === undefined ? {} : { time_to_first_chunk: call.firstChunkMs / 1000 }),
    cache: call.cached,
  };
  call.ports.recorder.end(head, raw, (error) => {
    call.phase = "over";
    done(error && storageError(error));
  });
}

function storageError(error: Error): FlywheelError {
  return error instanceof FlywheelError ? error : new FlywheelError("storage_full", {}, { cause: error });
}
