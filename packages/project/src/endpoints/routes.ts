import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ControlRoute,
  type Endpoint,
  type EndpointDetail,
  type EndpointList,
  FlywheelError,
  type GrammarReport,
  type ListedEndpoint,
} from "@flywheel/protocol";
import { compileSchema } from "@flywheel/schema";
import type { ProjectState } from "./project.ts";

/** `GET /api/endpoints`, `GET /api/endpoints/:name`: what is served, and what is wrong with the files of `dir`. */
export function endpointRoutes(dir: string, state: () => ProjectState | null): ControlRoute[] {
  /** By endpoint: a new build brings new ones. */
  const reports = new WeakMap<Endpoint, GrammarReport | null>();

  function listed(endpoint: Endpoint): ListedEndpoint {
    if (!reports.has(endpoint)) reports.set(endpoint, grammarOf(endpoint));
    return { ...endpoint, grammar: reports.get(endpoint)! };
  }

  return [
    {
      method: "GET",
      path: "/api/endpoints",
      scope: "admin",
      handle(): EndpointList {
        const { build, diagnostics, took } = state() ?? {
          build: { id: "none", endpoints: [] },
          diagnostics: [],
          took: 0,
        };
        return { build: build.id, data: build.endpoints.map(listed), diagnostics, took };
      },
    },
    {
      method: "GET",
      path: "/api/endpoints/:name",
      scope: "admin",
      handle({ params }): EndpointDetail {
        const name = params["name"]!;
        const endpoint = state()?.build.endpoints.find((one) => one.name === name);
        if (!endpoint) throw new FlywheelError("endpoint_not_found", { endpoint: name });
        return { ...listed(endpoint), source: sourceOf(join(dir, endpoint.file)) };
      },
    },
  ];
}

function grammarOf({ output }: Endpoint): GrammarReport | null {
  if (output === null) return null;
  try {
    return { keywords: compileSchema(output).report };
  } catch (error) {
    return { error: (error as Error).message, keywords: [] };
  }
}

function sourceOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
