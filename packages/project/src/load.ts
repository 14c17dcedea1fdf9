import { relative, resolve } from "node:path";
import { type Config, DEFAULT_CONFIG, FlywheelError } from "@flywheel/protocol";
import { bundle, type BundleAnswer, type BundleProblem } from "./bundle.ts";
import { CONFIG_FILES, findConfigFile } from "./conventions.ts";
import { evaluate } from "./evaluate.ts";
import { signatureSince } from "./signature.ts";
import { validateConfig } from "./validate.ts";

const TIMEOUT_MS = 10_000;

export interface LoadOptions {
  /** For the bundler and for the configuration's own code, each. */
  timeoutMs?: number;
}

/** What came of reading a folder's configuration. */
export interface Reading {
  result: { config: Config } | { error: FlywheelError };
  /** What the result depends on: files and folders, there or not. */
  files: string[];
  /** Their state when they were read; "" where one changed meanwhile. */
  signature: string;
  /** Equal for readings that come to the same. */
  meaning: string;
}

const readings = new Map<string, Reading>();

/** The latest reading of a folder by `loadConfig`. */
export const lastReading = (dir: string) => readings.get(dir);

/**
 * The configuration of a project: validated, complete, frozen. A folder without a configuration gets the defaults.
 * Throws `config_invalid` with every problem found, one a line, each beginning with the file.
 */
export async function loadConfig(dir: string, options: LoadOptions = {}): Promise<Config> {
  const folder = resolve(dir);
  const reading = await readConfig(folder, options);
  readings.set(folder, reading);
  if ("error" in reading.result) throw reading.result.error;
  return reading.result.config;
}

/** As `loadConfig`, but never throws, and says what to watch. `dir` is absolute. */
export async function readConfig(dir: string, { timeoutMs = TIMEOUT_MS }: LoadOptions = {}): Promise<Reading> {
  const started = Date.now();
  const { result, files } = await resultOf(dir, timeoutMs);
  return {
    result,
    files,
    signature: signatureSince(files, started),
    meaning: "config" in result ? JSON.stringify(result.config) : result.error.message,
  };
}

async function resultOf(dir: string, timeoutMs: number): Promise<Pick<Reading, "result" | "files">> {
  const candidates = CONFIG_FILES.map((name) => resolve(dir, name));
  const file = findConfigFile(dir);
  if (!file) return { result: { config: deepFreeze(structuredClone(DEFAULT_CONFIG)) }, files: candidates };
  const bundled = await bundle(file, dir, timeoutMs);
  const files = [...new Set([...candidates, ...bundled.files])];
  return { result: await evaluateAndValidate(bundled, file, dir, timeoutMs), files };
}

async function evaluateAndValidate(
  bundled: BundleAnswer,
  file: string,
  dir: string,
  timeoutMs: number,
): Promise<Reading["result"]> {
  if (bundled.problems.length > 0) return invalid(bundled.problems.map((problem) => placed(problem, dir)));
  const evaluated = await evaluate(bundled, file, dir, timeoutMs);
  if ("problem" in evaluated) return invalid([evaluated.problem]);
  const validated = validateConfig(evaluated.value, dir);
  if ("problems" in validated)
    return invalid(validated.problems.map((problem) => `${relative(dir, file)}: ${problem}`));
  return { config: deepFreeze(validated.config) };
}

function invalid(problems: string[]): { error: FlywheelError } {
  return { error: new FlywheelError("config_invalid", { reason: problems.join("\n") }) };
}

function placed({ file, line, column, message }: BundleProblem, dir: string): string {
  return `${relative(dir, file)}${line > 0 ? `:${line}:${column}` : ""}: ${message}`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
