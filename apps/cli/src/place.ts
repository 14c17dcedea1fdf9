import { statSync } from "node:fs";
import { resolve } from "node:path";
import { FlywheelError } from "@flywheel/protocol";
import { type Environment, readEnvironment } from "@flywheel/server";

/** The folders, the environment and the port a command works with. */
export interface Place {
  /** The project's folder: configuration and `.env`. */
  projectDir: string;
  dataDir: string;
  port: number;
  /** The process environment over `.env.local` over `.env`. */
  env: Environment;
}

const DEFAULT_PORT = "4400";

/**
 * `--cwd`, else where npm was called from, else the working folder. `--data` and `--port` win over `FLYWHEEL_DATA`
 * and `FLYWHEEL_PORT`. Throws `invalid_request` (a usage error) where one of them cannot be.
 */
export function placeOf(options: { cwd?: string; data?: string; port?: string }): Place {
  const calledFrom = process.env["INIT_CWD"] || process.cwd();
  const projectDir = resolve(calledFrom, options.cwd ?? ".");
  if (!statSync(projectDir, { throwIfNoEntry: false })?.isDirectory())
    throw new FlywheelError("invalid_request", { reason: `${projectDir} is not a folder.` });
  const env = readEnvironment(projectDir);
  const dataDir = resolve(calledFrom, options.data ?? env["FLYWHEEL_DATA"] ?? resolve(projectDir, ".flywheel"));
  const port = wholeNumber("--port", options.port ?? env["FLYWHEEL_PORT"] ?? DEFAULT_PORT, 0, 65_535);
  return { projectDir, dataDir, port, env };
}

/** Throws `invalid_request` where the text is no such number. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < least || value > most)
    throw new FlywheelError("invalid_request", {
      reason: `${option} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}.`,
    });
  return value;
}
