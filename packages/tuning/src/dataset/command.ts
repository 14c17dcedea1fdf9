import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import {
  type Command,
  type CommandContext,
  type CommandOptions,
  type ControlClient,
  type Dataset,
  type DatasetList,
  type DatasetRow,
  type DatasetRowPage,
  FlywheelError,
  type Split,
  SPLITS,
} from "@flywheel/protocol";
import { secondsOf } from "@flywheel/store/commands";
import { allRows } from "./all-rows.ts";
import { buildAndFollow } from "./follow-build.ts";
import { datasetLine, datasetLines } from "./dataset-lines.ts";
import { FORMAT_NAMES, type FormatName } from "./formats.ts";
import { readTrainingFile, writeTrainingFile } from "./training-file.ts";

/** Under what one request to the control API may hold. */
const IMPORT_BYTES = 400_000;

/** `flywheel dataset …` */
export const datasetCommands: Command[] = [
  {
    usage: "dataset build",
    summary: "make a dataset of what users did with the answers",
    options: [
      { flags: "--name <name>", description: "what to call it; the same rows again are the same version" },
      { flags: "--endpoint <name>", description: "only answers of this endpoint" },
      { flags: "--model <model>", description: "only answers of this model or route" },
      { flags: "--since <time>", description: "only events of the last 12h, 30d, …" },
      { flags: "--signal <types>", description: "only reward, label, demonstration, preference (comma-separated)" },
      { flags: "--consent <which>", description: "granted, or not_denied", default: "not_denied" },
      {
        flags: "--pii <how>",
        description: "redact, drop or keep e-mail addresses, phone numbers, …",
        default: "redact",
      },
      { flags: "--against <datasets>", description: "leave out prompts that turn up in these" },
      {
        flags: "--min-reward <r>",
        description: "an answer rated at least this, -1 to 1, is an example",
        default: "0.5",
      },
      { flags: "--user-share <s>", description: "the most that one end user may weigh; 1 = no cap", default: "0.02" },
      {
        flags: "--outliers <how>",
        description: "drop or keep answers that are plainly not what all other users say",
        default: "drop",
      },
      {
        flags: "--near-duplicate <s>",
        description: "prompts this alike count as one; 1 = the very same",
        default: "0.9",
      },
      {
        flags: "--length-ratio <r>",
        description: "the most that long answers of a pair may differ in length",
        default: "3",
      },
      { flags: "--eval-share <s>", description: "of the end users", default: "0.1" },
      { flags: "--holdout-share <s>", description: "of the end users", default: "0.1" },
      { flags: "--project <project>", description: "whose", default: "default" },
    ],
    examples: [
      "flywheel dataset build --name triage --endpoint triage --since 30d",
      "flywheel dataset build --name edits --signal demonstration,label --consent granted --json",
    ],
    async run(context, _, options) {
      const api = await context.api();
      const build = await buildAndFollow(api, buildOf(options), context.signal, phaseNotes(context));
      if (build.error) {
        context.note(build.error.message);
        return 1;
      }
      if (context.json) context.out(JSON.stringify({ ...build.dataset, fresh: build.fresh }));
      else datasetLines(build.dataset!).forEach(context.out);
      if (!build.fresh) context.note("The same rows as before: no new version.");
      return 0;
    },
  },
  {
    usage: "dataset list",
    summary: "list datasets and their versions",
    examples: ["flywheel dataset list", "flywheel dataset list --json"],
    async run({ api, out, note, json }) {
      const { data } = await (await api()).get<DatasetList>("/api/datasets");
      for (const dataset of data) out(json ? JSON.stringify(dataset) : datasetLine(dataset));
      if (data.length === 0)
        note("No datasets yet. `flywheel dataset build --name first` makes one of the events there are.");
    },
  },
  {
    usage: "dataset show <name>",
    summary: "what is in a dataset, and what was left out",
    options: [{ flags: "-n, --rows <n>", description: "rows to show", default: "0" }],
    examples: [
      "flywheel dataset show triage",
      "flywheel dataset show triage@2 -n 3",
      "flywheel dataset show triage --json",
    ],
    async run({ api, out, json }, [name], { rows }) {
      const client = await api();
      const dataset = await client.get<Dataset>(pathOf(name!));
      const count = wholeNumber("--rows", String(rows));
      const { data } = await client.get<DatasetRowPage>(`${pathOf(name!)}/rows?limit=${Math.max(count, 1)}`);
      if (json) return out(JSON.stringify(count > 0 ? { ...dataset, rows: data } : dataset));
      for (const line of datasetLines(dataset)) out(line);
      for (const row of data.slice(0, count)) out(JSON.stringify(row, null, 2));
    },
  },
  {
    usage: "dataset export <name>",
    summary: "write a dataset for a trainer; every line is checked",
    options: [
      { flags: "--format <format>", description: `jsonl, parquet, ${FORMAT_NAMES.join(", ")}`, default: "jsonl" },
      { flags: "--split <split>", description: "train, eval or holdout; left out = all" },
      { flags: "-o, --output <file>", description: "left out = stdout" },
    ],
    examples: [
      "flywheel dataset export triage --format openai-sft --split train -o train.jsonl",
      "flywheel dataset export triage --format trl-dpo > pairs.jsonl",
      "flywheel dataset export triage@1 --format parquet -o triage.parquet",
    ],
    async run(context, [name], { format, split, output }) {
      const rows = await allRows(await context.api(), name!, splitNamed(split));
      const { bytes, count, left } = writeTrainingFile(rows, formatNamed(String(format)));
      if (count === 0)
        throw new FlywheelError("dataset_empty", { reason: `${name} has no rows that ${String(format)} could hold.` });
      if (output !== undefined) writeFileSync(String(output), bytes);
      else context.out(bytes.toString("utf8").trimEnd());
      const note = `${count} rows${left > 0 ? `; ${left} of other kinds were left out` : ""}`;
      if (output !== undefined && context.json)
        context.out(JSON.stringify({ file: output, rows: count, left_out: left }));
      else context.note(note);
    },
  },
  {
    usage: "dataset import <file>",
    summary: "keep a file of training rows as a dataset",
    options: [
      { flags: "--name <name>", description: "what to call it" },
      { flags: "--format <format>", description: `jsonl, parquet, ${FORMAT_NAMES.join(", ")}`, default: "jsonl" },
      { flags: "--split <split>", description: "where lines do not say", default: "train" },
    ],
    examples: [
      "flywheel dataset import triage.parquet --format parquet --name triage",
      "flywheel dataset import pairs.jsonl --format trl-dpo --name pairs",
    ],
    async run({ api, out, json }, [file], { name, format, split }) {
      const rows = await readTrainingFile(bytesOf(file!), formatNamed(String(format)), splitNamed(split) ?? "train");
      const { dataset, fresh } = await sendRows(await api(), named(name), rows);
      out(json ? JSON.stringify({ ...dataset, fresh }) : datasetLine(dataset));
    },
  },
];

const pathOf = (name: string): string => `/api/datasets/${encodeURIComponent(name)}`;

function buildOf(options: CommandOptions): { name: string } & Record<string, unknown> {
  const text = (name: string) => (typeof options[name] === "string" ? options[name] : undefined);
  const list = (name: string) =>
    text(name)
      ?.split(",")
      .map((one) => one.trim())
      .filter(Boolean);
  const number = (name: string, flag: string) => {
    const value = Number(text(name));
    if (!Number.isFinite(value)) throw usage(`${flag} must be a number.`);
    return value;
  };
  return {
    name: named(options["name"]),
    project: text("project"),
    ...(text("endpoint") !== undefined && { endpoint: text("endpoint") }),
    ...(text("model") !== undefined && { model: text("model") }),
    ...(text("since") !== undefined && { from: Date.now() - 1000 * secondsOf("--since", text("since")!) }),
    ...(list("signal") && { signals: list("signal") }),
    consent: text("consent"),
    pii: text("pii"),
    outliers: text("outliers"),
    against: list("against") ?? [],
    min_reward: number("minReward", "--min-reward"),
    user_share: number("userShare", "--user-share"),
    near_duplicate: number("nearDuplicate", "--near-duplicate"),
    length_ratio: number("lengthRatio", "--length-ratio"),
    eval_share: number("evalShare", "--eval-share"),
    holdout_share: number("holdoutShare", "--holdout-share"),
  };
}

/** A line for each thing it does. */
function phaseNotes({ note, json }: CommandContext): (progress: number, phase: string) => void {
  let last = "";
  return (progress, phase) => {
    if (!json && phase !== last) note(`${String(Math.round(progress * 100)).padStart(3)} %  ${phase}`);
    last = phase;
  };
}

async function sendRows(
  api: ControlClient,
  name: string,
  rows: readonly DatasetRow[],
): Promise<{ dataset: Dataset; fresh: boolean }> {
  const path = `${pathOf(name)}/import`;
  const upload = randomUUID();
  for (let at = 0; ;) {
    const some = fitting(rows, at);
    const last = at + some.length >= rows.length;
    const answer = await api.post<{ dataset: Dataset; fresh: boolean }>(path, { rows: some, at, last, upload });
    if (last) return answer;
    at += some.length;
  }
}

/** As many rows as a request has room for, at least one. */
function fitting(rows: readonly DatasetRow[], from: number): readonly DatasetRow[] {
  let [at, bytes] = [from, 0];
  for (; at < rows.length; at++) {
    bytes += Buffer.byteLength(JSON.stringify(rows[at]));
    if (bytes > IMPORT_BYTES && at > from) break;
  }
  return rows.slice(from, at);
}

const usage = (reason: string) => new FlywheelError("invalid_request", { reason });

function named(name: CommandOptions[string]): string {
  if (typeof name !== "string") throw usage("--name is missing: what should the dataset be called?");
  return name;
}

function formatNamed(name: string): FormatName | "jsonl" | "parquet" {
  const found = ([...FORMAT_NAMES, "jsonl", "parquet"] as const).find((one) => one === name);
  if (!found) throw usage(`--format must be one of jsonl, parquet, ${FORMAT_NAMES.join(", ")}.`);
  return found;
}

function splitNamed(name: CommandOptions[string]): Split | undefined {
  if (name === undefined) return undefined;
  const found = SPLITS.find((one) => one === name);
  if (!found) throw usage(`--split must be one of ${SPLITS.join(", ")}.`);
  return found;
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw usage(`${flag} must be a whole number.`);
  return value;
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw usage(`${file} cannot be read: ${(error as Error).message}`);
  }
}
