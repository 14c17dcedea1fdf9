import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Definition, type Label, openLabels, parseLines, readLabels, type RunResult } from "@flywheel/evals";
import { type CommandOptions, FlywheelError } from "@flywheel/protocol";
import type { AppContext } from "./app-command.ts";
import { wholeNumber } from "./place.ts";

/** The labels of each judge that names a file of them, by the judge's name; none where there is no such file yet. */
export function labelsOf(projectDir: string, definition: Definition): Record<string, Label[]> {
  return Object.fromEntries(labelFiles(definition).map(({ name, file }) => [name, readFile(projectDir, file)]));
}

/** How many rows `--label` wants to be labelled. Throws `invalid_request` where no judge says in which file. */
export function labelCount(option: CommandOptions[string], definition: Definition, name: string): number | undefined {
  if (option === undefined) return undefined;
  const count = wholeNumber("--label", String(option), 1, 100_000);
  if (labelFiles(definition).length > 0) return count;
  throw new FlywheelError("invalid_request", { reason: `--label: no judge of evals/${name}.eval.ts names a file of \`labels\`.` }); // prettier-ignore
}

/** Adds the answers that a person still has to score to the files. */
export function writeOpenLabels(
  { place: { projectDir }, note }: AppContext,
  definition: Definition,
  { rows }: RunResult,
  count: number,
): void {
  for (const file of new Set(labelFiles(definition).map((judge) => judge.file))) {
    const open = openLabels(readFile(projectDir, file), rows, count);
    const path = resolve(projectDir, file);
    const isOpen = existsSync(path) && !/(^|\n)$/.test(readFileSync(path, "utf8"));
    appendFileSync(path, (isOpen ? "\n" : "") + open.map((line) => `${JSON.stringify(line)}\n`).join(""));
    note(`${open.length} answers are added to ${file}. Give each a "score" from 0 to 1 and run the evaluation again.`);
  }
}

const labelFiles = ({ evaluators }: Definition) =>
  evaluators.flatMap((one) => (one.type === "judge" && one.labels !== null ? [{ name: one.name, file: one.labels }] : [])); // prettier-ignore

function readFile(projectDir: string, file: string): Label[] {
  const path = resolve(projectDir, file);
  return existsSync(path) ? readLabels(parseLines(readFileSync(path, "utf8"), file), file) : [];
}
