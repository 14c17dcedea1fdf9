import { existsSync, globSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FlywheelError } from "@flywheel/protocol";
import { bundle } from "../bundle.ts";
import { askChild } from "../child.ts";
import { evaluate } from "../evaluate.ts";

/** A file of `evals/`, and a way to call its functions. */
export interface LoadedEval {
  /** Its path under `evals/`, without the ending. */
  readonly name: string;
  readonly file: string;
  /** The default export as plain data; functions are left out of it. */
  readonly value: unknown;
  /** Runs one of its functions for each of the arguments, without files and network. */
  call(path: readonly (string | number)[], inputs: readonly unknown[]): Promise<CallResult[]>;
}

/** What a function returned, or what it threw. */
export type CallResult = { value: unknown } | { error: string };

/** What the calling process is told. */
export interface CallQuestion {
  code: string;
  path: readonly (string | number)[];
  inputs: readonly unknown[];
}

const ENDING = ".eval.ts";
const LOAD_MS = 10_000;
const CALL_MS = 60_000;
const ENTRY = new URL("./call-process.ts", import.meta.url);
const PERMISSIONS = [
  "--permission",
  ...["./call-process.ts", "../plain-data.ts"].map(
    (file) => `--allow-fs-read=${fileURLToPath(new URL(file, import.meta.url))}`,
  ),
];

/** Names of the evaluations of a project, in order. */
export function evalNames(dir: string): string[] {
  const folder = join(dir, "evals");
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return globSync(`**/*${ENDING}`, { cwd: folder })
    .map((path) => path.slice(0, -ENDING.length).replaceAll("\\", "/"))
    .toSorted();
}

/** Throws `config_invalid` where the file is not there, does not build, or does not run. */
export async function loadEval(dir: string, name: string): Promise<LoadedEval> {
  const file = join(dir, "evals", name + ENDING);
  const invalid = (reason: string) => new FlywheelError("config_invalid", { reason });
  if (!existsSync(file)) {
    const names = evalNames(dir);
    const hint = names.length === 0 ? "There is none yet." : `There is ${names.join(", ")}.`;
    throw invalid(`There is no evaluation ${name} (evals/${name}${ENDING}). ${hint}`);
  }
  const bundled = await bundle(file, dir, LOAD_MS);
  const [problem] = bundled.problems;
  if (problem) throw invalid(`evals/${name}${ENDING}:${problem.line}:${problem.column}: ${problem.message}`);
  const evaluated = await evaluate(bundled, file, dir, LOAD_MS);
  if ("problem" in evaluated) throw invalid(evaluated.problem);
  return {
    name,
    file,
    value: evaluated.value,
    async call(path, inputs) {
      const message: CallQuestion = { code: bundled.code, path, inputs };
      const outcome = await askChild<CallResult[]>({ entry: ENTRY, nodeOptions: PERMISSIONS, dir, message, timeoutMs: CALL_MS }); // prettier-ignore
      if ("answer" in outcome) return outcome.answer;
      throw invalid(`evals/${name}${ENDING}: \`${path.join(".")}\` did not come to an end (${outcome.ended}).`);
    },
  };
}
