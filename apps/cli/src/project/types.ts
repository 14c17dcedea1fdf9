import { existsSync, readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { CLIENT_HEAD, writeClient } from "@flywheel/project";
import type { AppCommand } from "../app-command.ts";
import { buildHere, reportDiagnostics } from "./build.ts";
import { writeOwnFile } from "./own-file.ts";

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
    if (check && !(existsSync(path) && readFileSync(path, "utf8") === text)) {
      context.note(`${relative(place.projectDir, path)} is not up to date; \`flywheel types\` writes it.`);
      return 1;
    }
    const changed = writeOwnFile(path, text, CLIENT_HEAD);
    const endpoints = build.endpoints.map(({ name }) => name);
    context.out(json ? JSON.stringify({ file: path, changed, endpoints }) : path);
    return 0;
  },
};
