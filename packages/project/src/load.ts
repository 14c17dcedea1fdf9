import { relative, resolve } from "node:path";
import { type Config, DEFAULT_CONFIG, FlywheelError } from "@flywheel/protocol";
import { bundle, type BundleProblem } from "./bundle.ts";
import { CONFIG_FILES, EVENT_FILES, findFile } from "./conventions.ts";
import { evaluate } from "./evaluate.ts";
import { validateEvents } from "./events.ts";
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
  const [config, events] = await Promise.all([
    readModule(dir, CONFIG_FILES, "defineConfig", timeoutMs, (value) => validateConfig(value, dir)),
    readModule(dir, EVENT_FILES, "defineEvents", timeoutMs, validateEvents),
  ]);
  const files = [...config.files, ...events.files];
  const problems = [...config.problems, ...events.problems];
  if (problems.length > 0) return { result: invalid(problems), files };
  const whole: Config = { ...structuredClone(DEFAULT_CONFIG), ...config.valid?.config, ...events.valid };
  return { result: { config: deepFreeze(whole) }, files };
}

interface ModuleReading<Valid> {
  /** What it depends on, whether it is there or not. */
  files: string[];
  /** Absent where there is no such file. */
  valid?: Valid;
  problems: string[];
}

/** A file of the project whose default export is plain data. @param define what it is written with */
async function readModule<Valid extends object>(
  dir: string,
  names: readonly string[],
  define: string,
  timeoutMs: number,
  validate: (value: unknown) => Valid | { problems: string[] },
): Promise<ModuleReading<Valid>> {
  const candidates = names.map((name) => resolve(dir, name));
  const file = findFile(dir, names);
  if (!file) return { files: candidates, problems: [] };
  const bundled = await bundle(file, dir, timeoutMs);
  const files = [...new Set([...candidates, ...bundled.files])];
  if (bundled.problems.length > 0) return { files, problems: bundled.problems.map((problem) => placed(problem, dir)) };
  const evaluated = await evaluate(bundled, file, dir, timeoutMs, define);
  if ("problem" in evaluated) return { files, problems: [evaluated.problem] };
  const valid = validate(evaluated.value);
  if ("problems" in valid)
    return { files, problems: valid.problems.map((problem) => `${relative(dir, file)}: ${problem}`) };
  return { files, valid, problems: [] };
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
