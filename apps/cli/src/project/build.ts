import { buildProject, type BuildResult, loadConfig } from "@flywheel/project";
import { diagnosticLine } from "@flywheel/protocol";
import { limitsOf } from "@flywheel/server";
import type { AppCommand, AppContext } from "../app-command.ts";

/** `flywheel build`: whether the project can be served, and what it serves. It writes nothing. */
export const buildCommand: AppCommand = {
  usage: "build",
  summary: "check a project's configuration, types and endpoints, as before serving them",
  examples: ["flywheel build", "flywheel build --cwd ./my-project --json"],
  async run(context) {
    const { build, diagnostics } = await buildHere(context);
    if (context.json) context.out(JSON.stringify({ ok: diagnostics.length === 0, ...build, diagnostics }));
    if (diagnostics.length > 0) return reportDiagnostics(context, diagnostics);
    if (context.json) return 0;
    for (const { name, file, model } of build.endpoints)
      context.out(`${name.padEnd(24)}  ${model.padEnd(16)}  ${file}`);
    if (build.endpoints.length === 0) context.note("There are no endpoints; `flywheel init` writes one.");
    return 0;
  },
};

/** Builds the project of this place. Throws `config_invalid`. */
export async function buildHere({ place, note, signal }: AppContext): Promise<BuildResult> {
  const config = await loadConfig(place.projectDir);
  const limits = limitsOf({ config, env: place.env });
  return buildProject({ dir: place.projectDir, limits, onOutput: note, signal });
}

/** A line for each, and the exit code of a build that failed. */
export function reportDiagnostics({ note }: AppContext, diagnostics: BuildResult["diagnostics"]): number {
  diagnostics.forEach((each) => note(diagnosticLine(each)));
  note(`${diagnostics.length} ${diagnostics.length === 1 ? "problem" : "problems"}; nothing was built`);
  return 1;
}
