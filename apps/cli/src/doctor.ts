import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { styleText } from "node:util";
import { loadConfig } from "@flywheel/project";
import type { ServerStatus } from "@flywheel/protocol";
import { freePort, isFolderLocked, providersOf, type RunFile, SPARK, withSpark } from "@flywheel/server";
import { runningServer } from "./connect.ts";
import type { AppCommand, AppContext } from "./app-command.ts";

interface Finding {
  check: string;
  ok: boolean;
  found: string;
  fix?: string;
}

/** `running` is the server on the data folder, if there is one. */
type Check = (context: AppContext, running: RunFile | undefined) => Finding[] | Promise<Finding[]>;

/** `flywheel doctor`: each check says what it found and, where something is wrong, what to do. */
export const doctorCommand: AppCommand = {
  usage: "doctor",
  summary: "look for trouble and say how to mend it",
  examples: ["flywheel doctor", "flywheel doctor --json"],
  async run(context) {
    // A folder that cannot even be looked into is a finding of its own check.
    const running = await runningServer(context.place.dataDir).catch(() => undefined);
    let well = true;
    for (const check of [runtime, dataFolder, diskSpace, configuration, bundledModel, port, providers, alarms])
      for (const finding of await check(context, running)) {
        well &&= finding.ok;
        context.out(context.json ? JSON.stringify(finding) : findingLine(finding, context.color));
      }
    return well ? 0 : 1;
  },
};

/** What is found, or that what was tried threw, with what to do about it. */
async function attempt(check: string, fix: string, find: () => string | Promise<string>): Promise<Finding[]> {
  try {
    return [{ check, ok: true, found: await find() }];
  } catch (error) {
    return [{ check, ok: false, found: (error as Error).message, fix }];
  }
}

const runtime: Check = () =>
  attempt("node", "Run `npm ci` in the clone: it brings the Node that Flywheel runs on.", () => {
    if (Number.parseInt(process.versions.node, 10) < 26) throw new Error(`${process.version} is too old`);
    return process.version;
  });

const dataFolder: Check = ({ place: { dataDir } }) =>
  attempt("data folder", "Give yourself the folder (chown), use --data <folder>, or see docs/guide/trouble.md.", () => {
    if (!existsSync(dataDir)) return `${dataDir} will be made on first start`;
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return isFolderLocked(dataDir) ? `${dataDir} (in use by a server)` : dataDir;
  });

const MIN_FREE_BYTES = 1 << 30;

const diskSpace: Check = ({ place: { dataDir, projectDir } }) =>
  attempt("disk", "Free some space: under 64 MB no call is accepted, since it could not be recorded.", () => {
    const { bavail, bsize } = statfsSync(existsSync(dataDir) ? dataDir : projectDir);
    const found = `${((bavail * bsize) / 1e9).toFixed(1)} GB free`;
    if (bavail * bsize < MIN_FREE_BYTES) throw new Error(found);
    return found;
  });

const configuration: Check = ({ place: { projectDir } }) =>
  attempt("configuration", "Mend flywheel.config.ts; a running server keeps the last good one.", async () => {
    const { routes, durability } = await loadConfig(projectDir);
    return `routes ${Object.keys(routes).join(", ")}; durability ${durability}`;
  });

const bundledModel: Check = () =>
  attempt("local/spark", "Run `git checkout models/spark/spark.gguf` in the clone.", () => {
    if (!existsSync(SPARK)) throw new Error("the bundled model is missing");
    return "the bundled model is there";
  });

const port: Check = ({ place }, running) =>
  attempt("port", "Use --port <another> (0 finds one).", async () => {
    if (running) return `the server answers at ${running.base_url}`;
    await freePort("127.0.0.1", place.port);
    return place.port === 0 ? "any free one" : `${place.port} is free`;
  });

const providers: Check = async ({ place }) => {
  const config = await loadConfig(place.projectDir).catch(() => undefined);
  if (!config) return [];
  const available = providersOf(withSpark(config), place.env).filter((provider) => provider.available);
  return [{ check: "providers", ok: true, found: available.map(({ id }) => id).join(", ") }];
};

const alarms: Check = async ({ api }, running) => {
  if (!running) return [];
  try {
    const { alarms: raised, pending } = await (await api()).get<ServerStatus>("/api/status");
    const fix = "See docs/guide/trouble.md.";
    const findings = raised.map(({ code, message }) => ({ check: code, ok: false, found: message, fix }));
    return [...findings, { check: "write-ahead log", ok: true, found: `${pending} generations wait to become rows` }];
  } catch (error) {
    return [{ check: "server", ok: false, found: (error as Error).message, fix: "Look at what the server printed." }];
  }
};

function findingLine({ check, ok, found, fix }: Finding, color: boolean): string {
  const mark = ok ? "ok " : "bad";
  const painted = color ? styleText(ok ? "green" : "red", mark, { validateStream: false }) : mark;
  return `${painted}  ${check.padEnd(16)} ${found}${ok || !fix ? "" : `\n     → ${fix}`}`;
}
