import {
  type ControlRoute,
  type DeletedRows,
  FlywheelError,
  type Generation,
  type GenerationDetail,
  GENERATION_STATUSES,
  type GenerationQuery,
  type GenerationStatus,
  type GenerationTotals,
  SAMPLE_PROJECT,
} from "@flywheel/protocol";
import type { LogStore } from "./log-store.ts";

/** Takes a stored row apart into messages for a person; handed in because dialects live elsewhere. */
export type Display = (generation: Generation) => Pick<GenerationDetail, "messages" | "output">;

/** `/api/generations` and `/api/generations/:id`. */
export function generationRoutes(logs: LogStore, display: Display): ControlRoute[] {
  return [
    {
      method: "GET",
      path: "/api/generations",
      scope: "admin",
      handle: ({ query }) => logs.list(readQuery(query)),
    },
    {
      method: "GET",
      path: "/api/totals",
      scope: "admin",
      handle: ({ query }): Promise<GenerationTotals> => logs.totals(readQuery(query)),
    },
    {
      method: "DELETE",
      path: "/api/generations",
      scope: "admin",
      async handle({ query }): Promise<DeletedRows> {
        const project = query.get("project");
        if (project !== SAMPLE_PROJECT)
          throw new FlywheelError("invalid_request", { reason: `Only project=${SAMPLE_PROJECT} can be deleted.` });
        return { deleted: await logs.deleteProject(project) };
      },
    },
    {
      method: "GET",
      path: "/api/generations/:id",
      scope: "admin",
      async handle({ params }): Promise<GenerationDetail> {
        const generation = await logs.get(params["id"]!);
        if (!generation) throw new FlywheelError("generation_not_found", { id: params["id"]! });
        return { ...generation, ...display(generation) };
      },
    },
  ];
}

const MAX_LIMIT = 500;

/** The filters in an address. Throws `invalid_request` with the parameter that makes no sense. */
export function readQuery(query: URLSearchParams): GenerationQuery {
  const text = (name: string) => query.get(name) || undefined;
  const status = text("status");
  if (status && !GENERATION_STATUSES.includes(status as GenerationStatus))
    throw new FlywheelError(
      "invalid_request",
      { reason: `\`status\` must be one of ${GENERATION_STATUSES.join(", ")}.` },
      { param: "status" },
    );
  return {
    limit: Math.min(readNumber(query, "limit") ?? 50, MAX_LIMIT),
    before: text("before"),
    after: text("after"),
    project: text("project"),
    status: status as GenerationStatus | undefined,
    model: text("model"),
    provider: text("provider"),
    key_id: text("key_id"),
    search: text("search"),
    from: readNumber(query, "from"),
    to: readNumber(query, "to"),
    shadows: query.get("shadows") === "true",
  };
}

/** A whole number in an address. Throws `invalid_request` where it is none. */
export function readNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new FlywheelError("invalid_request", { reason: `\`${name}\` must be a whole number.` }, { param: name });
  return value;
}
