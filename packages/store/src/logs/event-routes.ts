import { type ControlRoute, type EventPage, type EventQuery, FlywheelError, type Signal } from "@flywheel/protocol";
import type { LogStore } from "./log-store.ts";
import { readNumber } from "./routes.ts";

const SIGNALS: readonly Signal["type"][] = ["reward", "label", "demonstration", "preference"];
const MAX_LIMIT = 500;

/** `/api/events` */
export function eventRoutes(logs: LogStore): ControlRoute[] {
  return [
    {
      method: "GET",
      path: "/api/events",
      scope: "admin",
      handle: ({ query }): Promise<EventPage> => logs.listEvents(readEventQuery(query)),
    },
  ];
}

/** The filters in an address. Throws `invalid_request` with the parameter that makes no sense. */
export function readEventQuery(query: URLSearchParams): EventQuery {
  const text = (name: string) => query.get(name) || undefined;
  const said = text("signal");
  const signal = SIGNALS.find((type) => type === said);
  if (said !== undefined && !signal)
    throw new FlywheelError(
      "invalid_request",
      { reason: `\`signal\` must be one of ${SIGNALS.join(", ")}.` },
      { param: "signal" },
    );
  return {
    limit: Math.min(readNumber(query, "limit") ?? 50, MAX_LIMIT),
    before: text("before"),
    after: text("after"),
    project: text("project"),
    generation: text("generation"),
    name: text("name"),
    user: text("user"),
    signal,
    from: readNumber(query, "from"),
    to: readNumber(query, "to"),
  };
}
