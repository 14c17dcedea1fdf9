import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { styleText } from "node:util";
import type { ServerStatus } from "@flywheel/protocol";
import { loadConfig } from "@flywheel/project";
import { freePort, isFolderLocked, providersOf, SPARK, withSpark } from "@flywheel/server";
import { runningServer } from "./connect.ts";
import type { Place } from "./place.ts";
import type { AppCommand, AppContext } from "./program.ts";

interface Finding {
  check: string;
  ok: boolean;
  found: string;
  fix?: string;
}

/** `flywheel doctor`: each check says what it found and, where something is wrong, what to do. */
export const doctorCommand: AppCommand = {
  usage: "doctor",
  summary: "look for trouble and say how to mend it",
  examples: ["flywheel doctor", "flywheel doctor --json"],
  async run(context) {
    const findings: Finding[] = [];
    for (const check of CHECKS) findings.push(...(await check(context)));
    for (const finding of findings)
      context.out(context.json ? JSON.stringify(finding) : findingLine(finding, context.color));
    return findings.every(({ ok }) => ok) ? 0 : 1;
  },
};

const MIN_FREE_BYTES = 1 << 30;

const CHECKS: ((context: AppContext) => Finding[] | Promise<Finding[]>)[] = [
  () => [
    {
      check: "node",
      ok: Number(process.versions.node.split(".")[0]) >= 26,
      found: process.version,
      fix: "Run `npm ci` in the clone: it brings the Node that Flywheel runs on.",
    },
  ],
  ({ place }) => [dataFolder(place)],
  ({ place }) => [diskSpace(place)],
  async ({ place }) => [await configuration(place)],
  () => [
    {
      check: "local/spark",
      ok: existsSync(SPARK),
      found: existsSync(SPARK) ? "the bundled model is there" : "the bundled model is missing",
      fix: "Run `git checkout models/spark/spark.gguf` in the clone.",
    },
  ],
  async ({ place }) => [await port(place)],
  providers,
  alarms,
];

function dataFolder({ dataDir }: Place): Finding {
  const check = "data folder";
  if (!existsSync(dataDir)) return { check, ok: true, found: `${dataDir} will be made on first start` };
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK);
    return { check, ok: true, found: `${dataDir}${isFolderLocked(dataDir) ? " (a server is running on it)" : ""}` };
  } catch {
    return {
      check,
      ok: false,
      found: `${dataDir} cannot be written`,
      fix: `Give yourself the folder (chown), or use --data <folder>.`,
    };
  }
}

function diskSpace({ dataDir, projectDir }: Place): Finding {
  const { bavail, bsize } = statfsSync(existsSync(dataDir) ? dataDir : projectDir);
  const free = bavail * bsize;
  return {
    check: "disk",
    ok: free >= MIN_FREE_BYTES,
    found: `${(free / 1e9).toFixed(1)} GB free`,
    fix: "Free some space: under 64 MB no call is accepted, since it could not be recorded.",
  };
}

async function configuration({ projectDir }: Place): Promise<Finding> {
  const check = "configuration";
  try {
    const config = withSpark(await loadConfig(projectDir));
    return {
      check,
      ok: true,
      found: `routes ${Object.keys(config.routes).join(", ")}; durability ${config.durability}`,
    };
  } catch (error) {
    return {
      check,
      ok: false,
      found: (error as Error).message,
      fix: "Mend flywheel.config.ts; a running server keeps the last good one.",
    };
  }
}

async function port({ port: wanted, dataDir }: Place): Promise<Finding> {
  const check = "port";
  const running = await runningServer(dataDir);
  if (running) return { check, ok: true, found: `the server answers at ${running.base_url}` };
  try {
    await freePort("127.0.0.1", wanted);
    return { check, ok: true, found: wanted === 0 ? "any free one" : `${wanted} is free` };
  } catch (error) {
    return { check, ok: false, found: (error as Error).message, fix: "Use --port <another> (0 finds one)." };
  }
}

async function providers({ place }: AppContext): Promise<Finding[]> {
  const config = await loadConfig(place.projectDir).catch(() => undefined);
  if (!config) return [];
  const available = providersOf(config, place.env).filter((provider) => provider.available);
  return [{ check: "providers", ok: true, found: available.map(({ id }) => id).join(", ") }];
}

async function alarms({ place, api }: AppContext): Promise<Finding[]> {
  if (!(await runningServer(place.dataDir))) return [];
  const status = await (await api()).get<ServerStatus>("/api/status");
  const findings = status.alarms.map((alarm) => ({
    check: alarm.code,
    ok: false,
    found: alarm.message,
    fix: "See docs/guide/trouble.md.",
  }));
  return [
    ...findings,
    { check: "write-ahead log", ok: true, found: `${status.pending} generations wait to become rows` },
  ];
}

function findingLine({ check, ok, found, fix }: Finding, color: boolean): string {
  const mark = ok ? "ok " : "bad";
  const painted = color ? styleText(ok ? "green" : "red", mark, { validateStream: false }) : mark;
  return `${painted}  ${check.padEnd(16)} ${found}${ok || !fix ? "" : `\n     → ${fix}`}`;
}
