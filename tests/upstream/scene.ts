import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { DONE_EVENT, completion, contentEvents, usageEvent } from "./answers.ts";
import type { CaseBody, Fixtures } from "./fixtures/case.ts";

/** One request at the scripted provider: what it would say, in its dialect, if nothing went wrong. */
export interface Scene {
  stream: boolean;
  /** The answer in one piece. */
  whole: string;
  /** The same as a stream, event by event, framing included. */
  events: readonly string[];
  /** So many events come before something goes wrong in the middle. */
  cut: number;
  /** An error in the middle of a stream. */
  errorEvent: string;
  /** An error's body. */
  errorBody(status: number, message: string): string;
  /** What follows `@` in the model's name. */
  argument: string;
  res: ServerResponse;
  socket: Socket;
}

export type Script = Omit<Scene, "stream" | "argument" | "res" | "socket">;

/** A few words in OpenAI's chat completions, for tests that compare byte by byte. */
export function plainScript(model: string, includeUsage: boolean): Script {
  const errorBody = (status: number, message: string): string =>
    JSON.stringify({ error: { message, type: "scripted_error", param: null, code: CODES[status] ?? "server_error" } });
  return {
    whole: completion(model),
    events: [...contentEvents(model), ...(includeUsage ? [usageEvent(model)] : []), DONE_EVENT],
    cut: 3,
    errorEvent: `data: ${errorBody(500, "the model fell over")}\n\n`,
    errorBody,
  };
}

const CODES: Readonly<Record<number, string>> = {
  400: "odd_message",
  401: "invalid_api_key",
  429: "rate_limit_exceeded",
};

/** A case of the fixtures, in their dialect. */
export function fixtureScript(fixtures: Fixtures, { whole, events }: CaseBody): Script {
  return {
    whole: JSON.stringify(whole),
    events,
    cut: fixtures.endOf(events),
    errorEvent: fixtures.errorEvent,
    errorBody: (status, message) => JSON.stringify(fixtures.error(status, message)),
  };
}
