import { globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { writeEditorTypes } from "@flywheel/project";
import { FlywheelError } from "@flywheel/protocol";
import type { Environment } from "@flywheel/server";
import type { AppCommand } from "../app-command.ts";

const TEMPLATES = fileURLToPath(new URL("../../templates", import.meta.url));

/** What to send to a template's endpoint. */
interface FirstCall {
  endpoint: string;
  input: object;
}

const FIRST_CALLS: Readonly<Record<string, FirstCall>> = {
  structured: { endpoint: "triage", input: { message: "Someone took money from my card" } },
  chat: { endpoint: "reply", input: { messages: [{ role: "user", content: "I lost my card" }] } },
};

/** `flywheel init`: the first files of a project. What is there is left as it is. */
export const initCommand: AppCommand = {
  usage: "init [folder]",
  summary: "write the first files of a project into a folder",
  options: [
    {
      flags: "-t, --template <name>",
      description: `one of ${Object.keys(FIRST_CALLS).join(", ")}`,
      default: "structured",
    },
  ],
  examples: ["flywheel init", "flywheel init my-project --template chat"],
  async run({ place, out, note, json }, [folder = "."], { template }) {
    const name = String(template);
    const first = Object.hasOwn(FIRST_CALLS, name) ? FIRST_CALLS[name] : undefined;
    if (!first)
      throw new FlywheelError("invalid_request", {
        reason: `There is no template ${JSON.stringify(name)}; there is ${Object.keys(FIRST_CALLS).join(", ")}.`,
      });
    const dir = resolve(place.projectDir, folder);
    const { written, kept } = writeTemplate(join(TEMPLATES, name), dir);
    writeEditorTypes(dir);
    if (json) return out(JSON.stringify({ folder: dir, template: name, written, kept }));
    written.forEach((file) => out(join(folder, file)));
    kept.forEach((file) => note(`${join(folder, file)} is there already and was left as it is`));
    ["", "Next:", ...nextSteps(folder, first, place.env)].forEach(note);
  },
};

function writeTemplate(template: string, dir: string): { written: string[]; kept: string[] } {
  const files = globSync("**/*", { cwd: template }).filter((path) => statSync(join(template, path)).isFile());
  const written: string[] = [];
  const kept: string[] = [];
  for (const file of files.toSorted()) {
    // Under its own name it would say what belongs to the template.
    const name = file === "gitignore" ? ".gitignore" : file;
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    (writeNew(path, readFileSync(join(template, file))) ? written : kept).push(name);
  }
  return { written, kept };
}

function writeNew(path: string, bytes: Buffer): boolean {
  try {
    writeFileSync(path, bytes, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** From where the command was called, in the words it was called with. */
function nextSteps(folder: string, { endpoint, input }: FirstCall, env: Environment): string[] {
  const command = env["npm_lifecycle_event"] === "flywheel" ? "npm run -s flywheel --" : "flywheel";
  const key = `"authorization: Bearer $(cat ${join(folder, ".flywheel/dev.key")})"`;
  return [
    `  ${command} dev${folder === "." ? "" : ` --cwd ${folder}`}`,
    `  curl http://localhost:4400/endpoints/${endpoint} -H ${key} -H "content-type: application/json" -d '${JSON.stringify(input)}'`,
  ];
}
