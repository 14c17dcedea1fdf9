import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { CLIENT_HEAD, writeClient } from "@flywheel/project";
import { FlywheelError } from "@flywheel/protocol";
import type { AppCommand } from "../app-command.ts";
import { buildHere, reportDiagnostics } from "./build.ts";

const FILE = "flywheel-client.ts";

/** `flywheel types`: the client that an app calls a project's endpoints with. */
export const typesCommand: AppCommand = {
  usage: "types",
  summary: "write a typed client for the project's endpoints: one TypeScript file without dependencies",
  options: [
    { flags: "-o, --out <file>", description: `where to; - is stdout (default: ${FILE} in the project)` },
    { flags: "--check", description: "write nothing; fail where the file is not what would be written" },
  ],
  examples: ["flywheel types", "flywheel types --out ../web/lib/flywheel-client.ts", "flywheel types --check"],
  async run(context, _, { out, check }) {
    const { place, json } = context;
    const { build, diagnostics } = await buildHere(context);
    if (diagnostics.length > 0) return reportDiagnostics(context, diagnostics);
    const text = writeClient(build);
    if (out === "-") return void process.stdout.write(text);
    const path = resolve(place.projectDir, String(out ?? FILE));
    const before = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    if (check && before !== text) {
      context.note(`${relative(place.projectDir, path)} is not up to date; \`flywheel types\` writes it.`);
      return 1;
    }
    if (before !== undefined && !before.startsWith(CLIENT_HEAD))
      throw new FlywheelError("conflict", {
        reason: `${path} was not written by this command; name another with --out.`,
      });
    if (before !== text) replaceFile(path, text);
    const endpoints = build.endpoints.map(({ name }) => name);
    context.out(json ? JSON.stringify({ file: path, changed: before !== text, endpoints }) : path);
    return 0;
  },
};

/** All of it or nothing. */
function replaceFile(path: string, text: string): void {
  const written = `${path}.${process.pid}`;
  try {
    writeFileSync(written, text);
    renameSync(written, path);
  } catch (error) {
    rmSync(written, { force: true });
    throw error;
  }
}
