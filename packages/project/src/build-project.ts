import type { Diagnostic, EndpointBuild } from "@flywheel/protocol";
import { openProject } from "./endpoints/project.ts";
import type { RunnerLimits } from "./runner/runner.ts";

export interface BuildOptions {
  dir: string;
  limits: RunnerLimits;
  /** What the project's code prints while it is loaded. */
  onOutput(line: string): void;
  signal: AbortSignal;
}

/** A build, and why it is none. */
export interface BuildResult {
  build: EndpointBuild;
  /** Empty = the build is good. */
  diagnostics: Diagnostic[];
}

/** Build a project once, as it would be served. Rejects where `signal` ends it; what is wrong in the project is a diagnostic. */
export async function buildProject({ dir, limits, onOutput, signal }: BuildOptions): Promise<BuildResult> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<BuildResult>();
  const onAbort = () => reject(signal.reason as Error);
  signal.addEventListener("abort", onAbort);
  const project = openProject({ dir, limits, onState: resolve, onOutput });
  try {
    const { build, diagnostics } = await promise;
    return { build, diagnostics };
  } finally {
    signal.removeEventListener("abort", onAbort);
    project.close();
  }
}
