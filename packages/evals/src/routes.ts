import type { ControlRoute, EvalRunDetail, EvalRunList } from "@flywheel/protocol";
import type { EvalRuns } from "./run/kept-runs.ts";

/** `/api/evals` */
export function evalRoutes(runs: EvalRuns): ControlRoute[] {
  return [
    { method: "GET", path: "/api/evals", scope: "admin", handle: (): EvalRunList => runs.list() },
    {
      method: "GET",
      path: "/api/evals/:id",
      scope: "admin",
      handle: ({ params }): EvalRunDetail => runs.find(params["id"]!),
    },
  ];
}
