import {
  type ControlRoute,
  FlywheelError,
  stepOf,
  USAGE_GROUPS,
  USAGE_STEPS,
  type UsageQuery,
  type UsageReport,
} from "@flywheel/protocol";
import type { LogStore } from "./log-store.ts";
import { readQuery } from "./routes.ts";

const GROUPS = 50;
/** Groups that come with their course over time. */
const GROUPS_IN_TIME = 8;
const MAX_MINUTES = 1440;
const DAY_MS = 86_400_000;

/** `/api/usage`: a period's figures over all, over time, and by group. */
export function usageRoutes(logs: LogStore): ControlRoute[] {
  return [
    {
      method: "GET",
      path: "/api/usage",
      scope: "admin",
      handle: ({ query }) => report(logs, readUsageQuery(query)),
    },
  ];
}

async function report(logs: LogStore, { by, step, ...query }: UsageQuery): Promise<UsageReport> {
  const { from, to } = query;
  step ??= stepOf(from, to);
  const [[total], series, groups] = await Promise.all([
    logs.usage(query),
    logs.usage({ ...query, step }),
    by === undefined ? [] : logs.usage({ ...query, by }),
  ]);
  const names = groups.slice(0, GROUPS_IN_TIME).map(({ name }) => name);
  const inTime = names.length === 0 ? [] : await logs.usage({ ...query, by, step, names });
  const { name: _, time: __, ...figures } = total!;
  return {
    from,
    to,
    step,
    total: figures,
    series: series.map(({ name: _, ...point }) => point),
    groups: groups.slice(0, GROUPS).map(({ time: _, ...group }) => ({
      ...group,
      ...(names.includes(group.name) && {
        series: inTime.filter(({ name }) => name === group.name).map(({ name: _, ...point }) => point),
      }),
    })),
    groups_left_out: Math.max(0, groups.length - GROUPS),
  };
}

/** A usage query in an address. Throws `invalid_request` with the parameter that makes no sense. */
export function readUsageQuery(query: URLSearchParams): UsageQuery {
  const { limit: _, before: __, after: ___, from, to = Date.now(), ...filters } = readQuery(query);
  if (from === undefined) throw bad("from", "`from` is needed: where the period begins, in epoch milliseconds.");
  if (to <= from) throw bad("to", "`to` must be later than `from`.");
  const step = oneOf(query, "step", USAGE_STEPS);
  if (step === "minute" && to - from > MAX_MINUTES * 60_000) throw bad("step", "Minutes are for one day at most.");
  if (step === "hour" && to - from > 90 * DAY_MS) throw bad("step", "Hours are for 90 days at most.");
  const zone = query.get("zone") || "UTC";
  if (!isZone(zone)) throw bad("zone", "`zone` must be a time zone by its IANA name, such as `Europe/Berlin`.");
  return { ...filters, from, to, by: oneOf(query, "by", USAGE_GROUPS), step, zone };
}

function oneOf<T extends string>(query: URLSearchParams, name: string, allowed: readonly T[]): T | undefined {
  const value = query.get(name) || undefined;
  if (value !== undefined && !allowed.includes(value as T))
    throw bad(name, `\`${name}\` must be one of ${allowed.join(", ")}.`);
  return value as T | undefined;
}

/** By name only: the log store knows no offsets such as `+02:00`. */
function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    return Boolean(Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
}

const bad = (param: string, reason: string) => new FlywheelError("invalid_request", { reason }, { param });
