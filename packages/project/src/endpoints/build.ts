import type { Diagnostic, EndpointBuild } from "@flywheel/protocol";
import type { Runner, RunnerFailure } from "../runner/runner.ts";
import { type SourcePlace, sourcePlaces } from "../source-places.ts";
import { defineEndpoints } from "./define.ts";
import { ENDPOINTS_DIR } from "./discover.ts";
import type { EndpointSources } from "./read.ts";

/** Endpoints that can be served: their code is loaded in a runner. */
export interface BuiltEndpoints {
  build: EndpointBuild;
  sources: EndpointSources;
  runner: Runner;
}

/** Load what was read and found good, and look at what it says of itself. */
export async function buildEndpoints(
  sources: EndpointSources,
  runner: Runner,
  dir: string,
): Promise<BuiltEndpoints | { diagnostics: Diagnostic[] }> {
  try {
    const loaded = await runner.load(sources.code);
    const { build, diagnostics } = defineEndpoints(sources.id, sources.endpoints, loaded);
    return diagnostics.length > 0 ? { diagnostics } : { build, sources, runner };
  } catch (error) {
    const failure = error as RunnerFailure;
    const place = placesIn(sources, dir)(failure) ?? { file: ENDPOINTS_DIR };
    return { diagnostics: [{ ...place, message: failure.message }] };
  }
}

/** Where a failure lies in the user's source; an endpoint's prompt as a whole, where nothing more is known. */
export function placesIn({ map, endpoints }: EndpointSources, dir: string) {
  const find = sourcePlaces(map, dir, dir);
  return ({ frames }: RunnerFailure, endpoint?: string): SourcePlace | undefined => {
    const source = endpoints.find(({ name }) => name === endpoint);
    return find(frames) ?? (source && { file: source.file, ...(source.keys["prompt"] ?? source.place) });
  };
}
