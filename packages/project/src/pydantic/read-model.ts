import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { JsonSchema } from "@flywheel/protocol";

export interface ModelQuestion {
  /** Where Python's imports begin; its `.venv` is used where it has one. */
  dir: string;
  /** `module:Model`; `package.module:Outer.Inner` as well. */
  model: string;
  /** What a model takes, or what it gives when it is written out. */
  mode: "validation" | "serialization";
  env: Readonly<Record<string, string | undefined>>;
  /** What the user's module prints. */
  onOutput(text: string): void;
  signal: AbortSignal;
}

export type ModelRead =
  | { schema: JsonSchema; /** What the schema leaves out. */ notes: string[] }
  | { /** Nothing to read it with, no such model, or one that cannot be said. */ failed: "python" | "name" | "model"; problem: string }; // prettier-ignore

const SCRIPT = fileURLToPath(new URL("./describe.py", import.meta.url));
const TIMEOUT_MS = 60_000;
/** No key is among them. */
const PASSED = ["PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "PYENV_ROOT", "PYENV_VERSION", "TMPDIR"];

/** A Pydantic model as a JSON Schema, by the user's own Python. Rejects where `signal` ends it. */
export async function readPydanticModel(question: ModelQuestion): Promise<ModelRead> {
  const { dir, model, mode, env, onOutput, signal } = question;
  const command = pythonOf(dir, env);
  const passed = Object.fromEntries(PASSED.map((name) => [name, env[name]]));
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const child = spawn(command, ["-B", SCRIPT, model, mode], {
    cwd: dir,
    env: passed,
    stdio: ["ignore", "pipe", "pipe"],
    signal: limit,
    killSignal: "SIGKILL",
  });
  child.stderr.setEncoding("utf8").on("data", onOutput);
  const ended = Promise.withResolvers<number | null>();
  child.once("error", ended.reject);
  child.once("close", ended.resolve);
  try {
    const [said, exitCode] = await Promise.all([text(child.stdout), ended.promise]);
    if (said.trim() !== "") return JSON.parse(said) as ModelRead;
    return { failed: "model", problem: `Python ended with exit code ${exitCode} while it loaded ${model}` };
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) return { failed: "model", problem: `loading ${model} took longer than ${TIMEOUT_MS / 1000} s` };
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { failed: "python", problem: `there is no \`${command}\` here; Python 3 with pydantic is needed` };
  }
}

/** The project's own Python, that of the active environment, or the first on the path. */
function pythonOf(dir: string, env: ModelQuestion["env"]): string {
  const own = [join(dir, ".venv"), env["VIRTUAL_ENV"]].map((folder) => folder && join(folder, "bin/python"));
  return own.find((file) => file !== undefined && existsSync(file)) ?? "python3";
}
