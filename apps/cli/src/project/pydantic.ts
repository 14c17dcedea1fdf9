import { resolve } from "node:path";
import { MODEL_HEAD, modelModule, readPydanticModel } from "@flywheel/project";
import { FlywheelError } from "@flywheel/protocol";
import type { AppCommand } from "../app-command.ts";
import { writeOwnFile } from "./own-file.ts";

const EXIT = { python: 3, name: 2, model: 1 };
/** What every schema that is written here begins with. */
const SCHEMA_HEAD = '{\n  "$schema": ';
const MODES = ["validation", "serialization"] as const;

/** `flywheel pydantic`: a Pydantic model as what types an endpoint. */
export const pydanticCommand: AppCommand = {
  usage: "pydantic <module:Model>",
  summary: "print a Pydantic model as a JSON Schema, or write it as a TypeScript module that types an endpoint",
  options: [
    { flags: "-o, --out <file>", description: "where to; a module for endpoints where it ends in .ts" },
    { flags: "--mode <mode>", description: "what the model takes (validation) or gives (serialization)", default: MODES[0] }, // prettier-ignore
  ],
  examples: [
    "flywheel pydantic app.models:Triage",
    "flywheel pydantic app.models:Triage --out schemas/triage.ts",
    "flywheel pydantic app.models:Triage --mode serialization",
  ],
  async run({ place, json, out, note, signal }, [model = ""], { out: file, mode }) {
    if (!/^[\w.]+:[\w.]+$/.test(model))
      throw new FlywheelError("invalid_request", { reason: `${JSON.stringify(model)} is not module:Model.` });
    const known = MODES.find((each) => each === mode);
    if (!known) throw new FlywheelError("invalid_request", { reason: `--mode is ${MODES.join(" or ")}.` });
    const onOutput = (text: string) => void process.stderr.write(text);
    const read = await readPydanticModel({ dir: place.projectDir, model, mode: known, env: place.env, onOutput, signal }); // prettier-ignore
    if ("failed" in read) {
      note(`flywheel: ${read.problem}`);
      return EXIT[read.failed];
    }
    read.notes.forEach((each) => note(`note: ${each}`));
    const schema = `${JSON.stringify(read.schema, null, 2)}\n`;
    if (file === undefined) return void process.stdout.write(schema);
    const path = resolve(place.projectDir, String(file));
    const changed = path.endsWith(".ts")
      ? writeOwnFile(path, modelModule(model, read.schema), MODEL_HEAD)
      : writeOwnFile(path, schema, SCHEMA_HEAD);
    out(json ? JSON.stringify({ file: path, changed, notes: read.notes }) : path);
    return 0;
  },
};
