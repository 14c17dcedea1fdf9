import { openProject, type Project, type ProjectState, type RunnerLimits } from "@flywheel/project";
import { diagnosticLine } from "@flywheel/protocol";
import { type Run, startLocal, tellAll } from "./fleet.ts";

/** Build the project's code and go on doing so after each edit; every process is told. */
export function followProject(run: Run): Project {
  let known = "";
  return openProject({
    dir: run.projectDir,
    limits: limitsOf(run),
    onOutput: (line) => run.note(line),
    onEdit() {
      if (run.mode === "dev" && asksLocalModel(run)) startLocal(run);
    },
    onState(project) {
      tellAll(run, { type: "build", project });
      const told = noteOf(project);
      if (told !== known && (told !== "" || known !== "")) run.note(told);
      known = told;
    },
  });
}

/** Whether endpoints ask a model of this machine; where none are known yet, whether they are likely to. */
function asksLocalModel({ config: { routes }, project }: Run): boolean {
  const endpoints = project?.state?.build.endpoints ?? [];
  const models = endpoints.length > 0 ? endpoints.map(({ model }) => model) : Object.keys(routes);
  return models.some((model) => model.startsWith("local/") || routes[model]?.targets[0]?.provider === "local");
}

/** What the project's code may have, as its configuration says. */
export function limitsOf({ config: { runner }, env }: Pick<Run, "config" | "env">): RunnerLimits {
  const given = runner.env.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return {
    env: Object.fromEntries(given),
    hosts: runner.hosts,
    memoryBytes: runner.memory_bytes,
    timeoutMs: runner.timeout_ms,
  };
}

function noteOf({ build, diagnostics, took }: ProjectState): string {
  const names = build.endpoints.map(({ name }) => name).join(", ");
  if (diagnostics.length > 0) {
    const kept = build.endpoints.length > 0 ? `; served meanwhile: ${names}` : "";
    return [`endpoints not loaded${kept}`, ...diagnostics.map(diagnosticLine)].join("\n  ");
  }
  if (build.endpoints.length === 0) return "";
  return `endpoints ${names} (${build.id}, ${Math.round(took)} ms)`;
}
