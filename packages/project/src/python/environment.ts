import { spawn } from "node:child_process";
import { hash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { FlywheelError } from "@flywheel/protocol";
import { findPython, passedOn, type Variables } from "./interpreter.ts";

/** Every package with its version and the hashes that its files may have. */
const REQUIREMENTS = fileURLToPath(new URL("../../../../python/requirements.txt", import.meta.url));
const MARK = "flywheel.json";

const folderOf = (dataDir: string) => join(dataDir, "python", "trainer");
const pythonOf = (folder: string) => join(folder, "bin", "python");
const lockOf = (requirements: string) => hash("sha256", readFileSync(requirements), "hex");

export interface EnvironmentOptions {
  dataDir: string;
  env: Variables;
  /** There is a Python, and the download begins. */
  onBegin(): void;
  signal: AbortSignal;
  requirements?: string;
}

export interface MadeEnvironment {
  python: string;
  /** On disk, and what it took. */
  bytes: number;
  seconds: number;
}

/** The Python of the trainer's environment; `undefined` where there is none, or one that was made for another version of it. */
export function trainerPython(dataDir: string, requirements = REQUIREMENTS): string | undefined {
  const folder = folderOf(dataDir);
  if (!existsSync(join(folder, MARK))) return undefined;
  const { lock } = JSON.parse(readFileSync(join(folder, MARK), "utf8")) as { lock: string };
  return lock === lockOf(requirements) ? pythonOf(folder) : undefined;
}

/**
 * Makes the trainer's environment: a folder of its own, filled by pip from the locked list. Only on a person's word, since
 * it downloads. One that was begun and not finished does not count, and is made anew.
 * @throws FlywheelError `config_invalid` without Python 3.11 or newer, or where pip cannot
 */
export async function makeTrainerPython(options: EnvironmentOptions): Promise<MadeEnvironment> {
  const { dataDir, env, onBegin, signal, requirements = REQUIREMENTS } = options;
  const began = performance.now();
  const found = await findPython(env);
  if (found === undefined)
    throw failed("This trainer needs Python 3.11 or newer, and there is none on the path. Install it, or leave `--trainer` out for the built-in one."); // prettier-ignore
  onBegin();
  const folder = folderOf(dataDir);
  const python = pythonOf(folder);
  const install = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes", "-r", requirements]; // prettier-ignore
  rmSync(folder, { recursive: true, force: true });
  await finish(found, ["-m", "venv", folder], env, signal);
  await finish(python, install, env, signal);
  writeFileSync(join(folder, MARK), JSON.stringify({ lock: lockOf(requirements) }));
  return { python, bytes: await sizeOf(folder), seconds: (performance.now() - began) / 1000 };
}

async function finish(command: string, args: string[], env: Variables, signal: AbortSignal): Promise<void> {
  const child = spawn(command, args, { env: passedOn(env), stdio: ["ignore", "ignore", "pipe"], signal });
  const ended = Promise.withResolvers<number | null>();
  child.once("error", ended.reject);
  child.once("close", ended.resolve);
  const [said, code] = await Promise.all([text(child.stderr), ended.promise]).catch((error: unknown) => {
    signal.throwIfAborted();
    throw failed(`The Python environment could not be made: ${(error as Error).message}`);
  });
  if (code === 0) return;
  const last = said.trim().split("\n").at(-1) || `${command} ended with exit code ${code}`;
  throw failed(`The Python environment could not be made: ${last}`);
}

/** What is linked to is counted where it lies. */
async function sizeOf(path: string): Promise<number> {
  const here = await lstat(path);
  if (!here.isDirectory()) return here.isFile() ? here.size : 0;
  const sizes = (await readdir(path)).map((name) => sizeOf(join(path, name)));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

const failed = (reason: string) => new FlywheelError("config_invalid", { reason });
