import { resolve } from "node:path";
import { environmentOf } from "@flywheel/server";

/** The folders and the port a command works with. */
export interface Place {
  /** The project's folder: configuration and `.env`. */
  projectDir: string;
  dataDir: string;
  port: number;
}

const DEFAULT_PORT = 4400;

/**
 * `--cwd`, else where npm was called from, else the working folder. `--data` and `--port` win over `FLYWHEEL_DATA`
 * and `FLYWHEEL_PORT`.
 */
export function placeOf(options: { cwd?: string; data?: string; port?: string }): Place {
  const calledFrom = process.env["INIT_CWD"] ?? process.cwd();
  const projectDir = resolve(calledFrom, options.cwd ?? ".");
  const environment = environmentOf(projectDir);
  const dataDir = resolve(calledFrom, options.data ?? environment["FLYWHEEL_DATA"] ?? resolve(projectDir, ".flywheel"));
  return { projectDir, dataDir, port: Number(options.port ?? environment["FLYWHEEL_PORT"] ?? DEFAULT_PORT) };
}
