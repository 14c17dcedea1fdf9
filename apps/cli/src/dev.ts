import { availableParallelism } from "node:os";
import { styleText } from "node:util";
import { writeEditorTypes } from "@flywheel/project";
import type { GenerationSummary } from "@flywheel/protocol";
import { providersOf, startSupervisor, type Supervisor } from "@flywheel/server";
import { generationLine } from "@flywheel/store/commands";
import { wholeNumber } from "./place.ts";
import type { AppCommand, AppContext } from "./app-command.ts";

/** `flywheel dev`: everything on this machine, one worker, a key at hand, calls followed live. */
export const devCommand: AppCommand = {
  usage: "dev",
  summary: "serve this folder on localhost and follow its calls",
  examples: ["flywheel dev", "flywheel dev --port 0 --json", "flywheel dev --cwd ./my-project --data /tmp/flywheel"],
  run(context) {
    helpEditor(context);
    return serve(context, "dev", "127.0.0.1", 1);
  },
};

/** `flywheel start`: as in production, one worker per core, keys made with `flywheel keys create`. */
export const startCommand: AppCommand = {
  usage: "start",
  summary: "serve as in production: one gateway worker per core, no dev key",
  options: [
    { flags: "--host <address>", description: "address to listen on", default: "127.0.0.1" },
    { flags: "--workers <n>", description: "gateway workers", default: String(availableParallelism()) },
    { flags: "--allow-host <name>", description: "a host name clients may use besides localhost" },
  ],
  examples: ["flywheel start", "flywheel start --host 0.0.0.0 --allow-host llm.example.com --workers 4"],
  run: (context, _, { host, workers, allowHost }) =>
    serve(
      context,
      "start",
      String(host),
      wholeNumber("--workers", String(workers), 1, 256),
      typeof allowHost === "string" ? [allowHost.toLowerCase()] : [],
    ),
};

/** A folder that cannot be written to can still be served. */
function helpEditor({ place, note }: AppContext): void {
  try {
    writeEditorTypes(place.projectDir);
  } catch (error) {
    note(`flywheel: the editor's types were not written: ${(error as Error).message}`);
  }
}

async function serve(
  context: AppContext,
  mode: "dev" | "start",
  host: string,
  workers: number,
  allowHosts: string[] = [],
): Promise<number> {
  const { place, json, out, note, color, signal } = context;
  const failed = Promise.withResolvers<string>();
  // Rows of an earlier run may be stored before this one is ready; the first line stays the one that says so.
  let early: string[] | undefined = [];
  const follow = (generations: GenerationSummary[]) => {
    const lines = generations.map((one) => (json ? JSON.stringify(one) : generationLine(one, color)));
    if (early) early.push(...lines);
    else lines.forEach(out);
  };
  const supervisor = await startSupervisor({
    mode,
    projectDir: place.projectDir,
    dataDir: place.dataDir,
    host,
    port: place.port,
    workers,
    allowHosts,
    onGenerations: follow,
    onNote: (line) => note(`flywheel: ${line}`),
    onFailed: failed.resolve,
  });
  const readyMs = Date.now() - startedAt();
  if (json) out(readyLine(supervisor, readyMs));
  else banner(supervisor, readyMs, color).forEach(out);
  early.forEach(out);
  early = undefined;

  const failure = await Promise.race([aborted(signal), failed.promise]);
  note(`flywheel: ${failure ?? "stopping (again Ctrl-C to stop at once)"}`);
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => process.exit(130));
  await supervisor.stop();
  return failure === undefined ? 0 : 1;
}

/** When the command was typed: an entry that starts another Node hands its own start on. */
const startedAt = () => Number(process.env["FLYWHEEL_STARTED"]) || Math.round(performance.timeOrigin);

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined));
  });
}

function readyLine({ baseUrl, key, studioUrl }: Supervisor, readyMs: number): string {
  return JSON.stringify({ ready: true, base_url: baseUrl, key: key ?? null, studio_url: studioUrl, ready_ms: readyMs });
}

/** What a person sees first; see DESIGN's first minute. */
function banner({ baseUrl, key, studioUrl, config, env }: Supervisor, readyMs: number, color: boolean): string[] {
  const label = (text: string) =>
    color ? styleText("dim", text.padEnd(8), { validateStream: false }) : text.padEnd(8);
  const providers = providersOf(config, env);
  const available = providers
    .filter((provider) => provider.available && provider.id !== "local")
    .map(({ id, reason }) => `${id}/*${reason ? ` (${reason})` : ""}`);
  const models = [...Object.keys(config.local).map((name) => `local/${name}`), ...available];
  return [
    `flywheel · ready in ${(readyMs / 1000).toFixed(1)} s`,
    `  ${label("API")}${baseUrl}`,
    ...(key ? [`  ${label("key")}${key}`] : [`  ${label("key")}make one with: flywheel keys create <name>`]),
    `  ${label("studio")}${studioUrl}`,
    `  ${label("models")}${models.join(" · ")}`,
    `  curl ${baseUrl}/chat/completions -H "authorization: Bearer ${key ?? "$FLYWHEEL_KEY"}" -H "content-type: application/json" -d '{"model":"local/spark","messages":[{"role":"user","content":"I lost my card"}]}'`,
  ];
}
