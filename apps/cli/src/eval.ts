import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  createModelApi,
  type Definition,
  type EvalExample,
  evalRuns,
  junitReport,
  markdownReport,
  openJournal,
  parseLines,
  type PlanInput,
  planLines,
  planRun,
  type Prompt,
  readDefinition,
  readExamples,
  runEval,
  type RunResult,
  terminalReport,
} from "@flywheel/evals";
import { evalNames, loadEval, type LoadedEval } from "@flywheel/project";
import { type CommandOptions, FlywheelError, type GenerationDetail } from "@flywheel/protocol";
import type { AppCommand, AppContext } from "./app-command.ts";
import { wholeNumber } from "./place.ts";
import { behindNames } from "./behind-names.ts";
import { labelCount, labelsOf, writeOpenLabels } from "./eval-labels.ts";
import { costLine } from "./eval-cost.ts";
import { createProgress } from "./progress.ts";
import { publicApi } from "./public-api.ts";

const GATE_NOT_MET = 4;
const NANO = 1e9;

/** `flywheel eval`: the evaluations of a project, through the public API like any client. */
export const evalCommand: AppCommand = {
  usage: "eval [name]",
  summary: "run the project's evaluations, or one of them; exit code 4 where a gate is not met",
  options: [
    { flags: "-m, --model <model>", description: "ask this model instead of the one that the evaluation names" },
    { flags: "--against <model>", description: "ask this one too, and compare" },
    { flags: "--variants", description: "ask in other formats and words too: how much does the way of asking matter?" },
    { flags: "--limit <rows>", description: "only the first rows" },
    { flags: "--concurrency <requests>", description: "requests at once", default: "4" },
    { flags: "--per-minute <requests>", description: "at most so many requests in a minute" },
    { flags: "--fresh", description: "ask everything again, also what was answered in an earlier run" },
    { flags: "--dry-run", description: "ask nothing: only say what would be asked, and what so many rows can find" },
    { flags: "--label <rows>", description: "write so many answers, chosen by chance, into a judge's file of labels, for a person to score" }, // prettier-ignore
    { flags: "--junit <file>", description: "write the results as JUnit XML" },
    { flags: "--markdown <file>", description: "write the results as Markdown" },
  ],
  examples: [
    "flywheel eval",
    "flywheel eval triage --model local/spark --against openai/gpt-4o-mini",
    "flywheel eval triage --variants --json",
    "flywheel eval triage --against openai/gpt-4o-mini --dry-run",
    "flywheel eval triage --label 50",
    "flywheel eval triage --junit results.xml --markdown results.md",
  ],
  async run(context, [name], options) {
    const { projectDir } = context.place;
    const names = name === undefined ? evalNames(projectDir) : [name];
    if (names.length === 0) {
      context.note("There are no evaluations: write evals/<name>.eval.ts with `export default defineEval({ … })`.");
      return 2;
    }
    if (options["dryRun"]) return dryRun(context, names, options);
    const results: RunResult[] = [];
    const failures: unknown[] = [];
    for (const each of names) {
      try {
        const result = await runOne(context, each, options);
        evalRuns(context.place.dataDir).add(result.run, result.scores);
        results.push(result);
        report(context, result);
      } catch (error) {
        if (context.signal.aborted) {
          context.note("Stopped. What was answered is kept: run it again to go on.");
          return 1;
        }
        failures.push(error);
        if (names.length > 1) context.note(`${each} failed: ${(error as Error).message}`);
      }
    }
    write(options["junit"], () => junitReport(results));
    write(options["markdown"], () => results.map(({ run }) => markdownReport(run)).join("\n"));
    if (failures.length > 0) throw failures[0];
    return results.every(({ run }) => run.gate.passed) ? 0 : GATE_NOT_MET;
  },
};

/** What would be asked, what it would cost, and what it could find. */
async function dryRun(context: AppContext, names: readonly string[], options: CommandOptions): Promise<number> {
  for (const name of names) {
    const { asked } = await prepare(context, name, options);
    const plan = await planRun(asked);
    if (context.json) context.out(JSON.stringify(plan));
    else for (const line of [...planLines(plan), await costLine(await context.api(), plan, asked.definition)]) context.out(line); // prettier-ignore
  }
  return 0;
}

async function runOne(context: AppContext, name: string, options: CommandOptions): Promise<RunResult> {
  const { place, signal } = context;
  const address = await publicApi(place);
  const { asked, loaded } = await prepare(context, name, options);
  const toLabel = labelCount(options["label"], asked.definition, name);
  for (const line of planLines(await planRun(asked))) context.note(line);
  const progress = createProgress();
  try {
    const result = await runEval({
      ...asked,
      labels: labelsOf(place.projectDir, asked.definition),
      api: createModelApi(address, signal, paceOf(options["perMinute"])),
      callCode: (index, inputs) => loaded.call(["evaluators", index, "score"], inputs),
      costOf: (id) => costOf(context, id),
      concurrency: wholeNumber("--concurrency", String(options["concurrency"]), 1, 256),
      signal,
      onProgress: (share, text) => progress.at(share, text),
    });
    progress.end();
    if (toLabel !== undefined) writeOpenLabels(context, asked.definition, result, toLabel);
    return result;
  } finally {
    progress.end();
  }
}

const NOTHING_KEPT: PlanInput["journal"] = { get: () => undefined, put() {} };

async function prepare(
  context: AppContext,
  name: string,
  options: CommandOptions,
): Promise<{ asked: PlanInput; loaded: LoadedEval }> {
  const { projectDir, dataDir } = context.place;
  const loaded = await loadEval(projectDir, name);
  const definition = readDefinition(loaded.value, `evals/${name}.eval.ts`);
  const kept = join(dataDir, "evals", `${name}.journal.jsonl`);
  if (options["fresh"] && !options["dryRun"]) rmSync(kept, { force: true });
  const model = textOf(options["model"]) ?? definition.model;
  const against = textOf(options["against"]);
  const asked: PlanInput = {
    name,
    definition,
    examples: await examplesOf(context, definition, options["limit"]),
    model,
    against,
    behind: await behindNames(await context.api(), modelsOf(definition, model, against)),
    variants: options["variants"] === true,
    journal: options["fresh"] && options["dryRun"] ? NOTHING_KEPT : openJournal(kept),
    prompt: definition.hasPrompt ? promptOf(loaded) : undefined,
  };
  return { asked, loaded };
}

/** Everyone who is asked. */
function modelsOf({ evaluators }: Definition, model: string, against: string | undefined): string[] {
  const judges = evaluators.flatMap((one) => ("model" in one ? [one.model] : []));
  return [...new Set([model, ...(against === undefined ? [] : [against]), ...judges])];
}

const paceOf = (option: CommandOptions[string]) =>
  typeof option === "string" ? { perMinute: wholeNumber("--per-minute", option, 1, 1_000_000) } : {};

const textOf = (option: CommandOptions[string]) => (typeof option === "string" ? option : undefined);

/** Rows of the definition, of a file of the project, or of a dataset that was built. */
async function examplesOf(
  context: AppContext,
  { dataset }: Definition,
  limit: CommandOptions[string],
): Promise<EvalExample[]> {
  const most = limit === undefined ? Infinity : wholeNumber("--limit", String(limit), 1, 10_000_000);
  if (typeof dataset !== "string") return readExamples(dataset, "`dataset`").slice(0, most);
  const file = resolve(context.place.projectDir, dataset);
  if (existsSync(file)) return readExamples(parseLines(readFileSync(file, "utf8"), dataset), dataset).slice(0, most);
  if (dataset.endsWith(".jsonl")) throw invalid(`There is no file ${file}.`);
  return readExamples(await datasetRows(context, dataset), dataset).slice(0, most);
}

/** Rows that training has not seen, of a dataset as `name` or `name@version`. */
async function datasetRows({ api }: AppContext, dataset: string): Promise<unknown[]> {
  const [name = "", version] = dataset.split("@");
  const client = await api();
  const rows: { split: string; kind: string }[] = [];
  for (let offset: number | undefined = 0; offset !== undefined;) {
    const query = new URLSearchParams({ offset: String(offset), ...(version !== undefined && { version }) });
    const path = `/api/datasets/${encodeURIComponent(name)}/rows?${query}`;
    const page: { data: typeof rows; next?: number } = await client.get(path);
    rows.push(...page.data);
    offset = page.next;
  }
  return rows.filter(({ split, kind }) => split !== "train" && kind === "example");
}

function promptOf(loaded: LoadedEval): Prompt {
  return async (inputs) =>
    (await loaded.call(["prompt"], inputs)).map((result, index) => {
      if ("error" in result)
        throw invalid(`The prompt of evals/${loaded.name}.eval.ts failed on row ${index + 1}: ${result.error}`);
      const { value } = result;
      if (typeof value === "string") return [{ role: "user", content: value }];
      if (Array.isArray(value) && value.length > 0) return value as { role: "user"; content: string }[];
      throw invalid(
        `The prompt of evals/${loaded.name}.eval.ts returned neither text nor messages for row ${index + 1}.`,
      );
    });
}

/** Dollars, once the generation is a row; `null` where it is none or has no price. */
async function costOf({ api }: AppContext, id: string): Promise<number | null> {
  if (id === "") return null;
  for (let tries = 0; tries < 50; tries++) {
    try {
      const { cost_nano } = await (await api()).get<GenerationDetail>(`/api/generations/${encodeURIComponent(id)}`);
      return typeof cost_nano === "number" ? cost_nano / NANO : null;
    } catch (error) {
      if (!(error instanceof FlywheelError) || error.code !== "generation_not_found") throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return null;
}

function report({ json, out }: AppContext, { run }: RunResult): void {
  if (json) out(JSON.stringify(run));
  else for (const line of terminalReport(run)) out(line);
}

function write(file: CommandOptions[string], make: () => string): void {
  if (typeof file === "string") writeFileSync(file, make());
}

const invalid = (reason: string) => new FlywheelError("config_invalid", { reason });
