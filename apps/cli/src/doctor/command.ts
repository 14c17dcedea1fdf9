import { styleText } from "node:util";
import { runningServer } from "../connect.ts";
import type { AppCommand } from "../app-command.ts";
import type { Check, Finding } from "./finding.ts";
import { clock, damage, dataFolder, waiting } from "./folder.ts";
import { diskSpace, memory, port, runtime } from "./machine.ts";
import { configuration, localModels, online, ownCode, project, providers, routes } from "./project.ts";
import { server } from "./server.ts";

/** In the order in which a person would mend things. */
const CHECKS: readonly Check[] = [
  runtime,
  memory,
  dataFolder,
  damage,
  diskSpace,
  clock,
  configuration,
  ownCode,
  localModels,
  routes,
  providers,
  online,
  port,
  server,
  waiting,
];

/** `flywheel doctor`: each check says what it found and, where something is wrong, what to do. */
export const doctorCommand: AppCommand = {
  usage: "doctor",
  summary: "look for trouble and say how to mend it",
  options: [{ flags: "--online", description: "also knock at the providers that have a key" }],
  examples: ["flywheel doctor", "flywheel doctor --online", "flywheel doctor --json"],
  async run(context, _, options) {
    // A folder that cannot even be looked into is a finding of its own check.
    const running = await runningServer(context.place.dataDir).catch(() => undefined);
    const examination = { ...context, running, options, ...project(context.place) };
    let healthy = true;
    for (const check of CHECKS)
      for (const finding of await check(examination)) {
        healthy &&= finding.ok;
        context.out(context.json ? JSON.stringify(finding) : findingLine(finding, context.color));
      }
    return healthy ? 0 : 1;
  },
};

function findingLine({ check, ok, found, fix }: Finding, color: boolean): string {
  const [mark, paint] = ok
    ? fix
      ? (["!! ", "yellow"] as const)
      : (["ok ", "green"] as const)
    : (["bad", "red"] as const);
  const painted = color ? styleText(paint, mark, { validateStream: false }) : mark;
  return `${painted}  ${check.padEnd(16)} ${found}${fix ? `\n     → ${fix}` : ""}`;
}
