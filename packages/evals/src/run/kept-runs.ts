import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type EvalRun, type EvalRunDetail, type EvalRunList, type EvalScore, FlywheelError } from "@flywheel/protocol";

/** Evaluation runs on disk: a file each, JSON lines, the run and then its scores. Nothing is ever changed in it. */
export interface EvalRuns {
  /** Newest first. Reads the first line of each file only. */
  list(): EvalRunList;
  /** Throws `not_found`; `internal` where its file is there and cannot be read. */
  find(id: string): EvalRunDetail;
  /** Whole on disk, or not at all, when it returns. */
  add(run: EvalRun, scores: readonly EvalScore[]): void;
}

const ID = /^run_[0-9a-f-]{36}$/;
const SUFFIX = ".jsonl";

export function evalRuns(dataDir: string): EvalRuns {
  const dir = join(dataDir, "evals", "runs");
  return {
    list() {
      const files = filesOf(dir).toSorted().toReversed();
      const runs = files.map((file) => parseRun(firstLine(join(dir, file)), idOf(file)));
      return {
        data: runs.filter((run) => run !== undefined),
        damaged: files.filter((_, i) => runs[i] === undefined),
      };
    },
    find(id) {
      if (!ID.test(id) || !filesOf(dir).includes(id + SUFFIX))
        throw new FlywheelError("not_found", { path: `evaluation run ${id.slice(0, 100)}` });
      const [head = "", ...lines] = readFileSync(join(dir, id + SUFFIX), "utf8")
        .trimEnd()
        .split("\n");
      const run = parseRun(head, id);
      if (!run) throw new FlywheelError("internal", { reason: `the file of ${id} is damaged` });
      const scores = lines.map(parseScore).filter((score) => score !== undefined);
      return { ...run, scores, damaged_scores: lines.length - scores.length };
    },
    add(run, scores) {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      const path = join(dir, run.id + SUFFIX);
      const lines = [run, ...scores].map((line) => `${JSON.stringify(line)}\n`);
      writeFileSync(`${path}.new`, lines.join(""), { mode: 0o600, flush: true });
      renameSync(`${path}.new`, path);
    },
  };
}

const idOf = (file: string) => file.slice(0, -SUFFIX.length);

function filesOf(dir: string): string[] {
  try {
    return readdirSync(dir).filter((file) => file.endsWith(SUFFIX) && ID.test(idOf(file)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

const STEP = 16_384;

function firstLine(path: string): string {
  const file = openSync(path, "r");
  try {
    let read = Buffer.alloc(0);
    for (;;) {
      const step = Buffer.alloc(STEP);
      const length = readSync(file, step, 0, STEP, read.length);
      read = Buffer.concat([read, step.subarray(0, length)]);
      const end = read.indexOf("\n");
      if (end >= 0 || length === 0) return read.toString("utf8", 0, end < 0 ? read.length : end);
    }
  } finally {
    closeSync(file);
  }
}

/** `undefined` where it is none, or not the one that its file is named after. */
function parseRun(line: string, id: string): EvalRun | undefined {
  const run = parse(line) as Partial<EvalRun> | undefined;
  const isWhole = run?.id === id && typeof run.created === "number" && Array.isArray(run.evaluators) && Array.isArray(run.gate?.checks); // prettier-ignore
  // Of a run that an earlier version kept nobody said beforehand what it could find.
  return isWhole ? ({ power: [], ...run } as EvalRun) : undefined;
}

function parseScore(line: string): EvalScore | undefined {
  const score = parse(line) as Partial<EvalScore> | undefined;
  return typeof score?.example === "string" && typeof score.evaluator === "string" ? (score as EvalScore) : undefined;
}

function parse(line: string): unknown {
  try {
    return (JSON.parse(line) as unknown) ?? undefined;
  } catch {
    return undefined;
  }
}
