import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../whole-file.ts";

/** All that a run needs to go on as if it had never stopped. */
export interface Checkpoint {
  step: number;
  tokens: number;
  seconds: number;
  /** Before anything was learned: a later one is held against it. */
  firstLoss: number;
  /** Validation loss at the beginning, and the lowest since; `null` without validation data. */
  before: number | null;
  best: number | null;
  epochsWithoutBetter: number;
  values: Float32Array;
  bestValues: Float32Array;
  first: Float32Array;
  second: Float32Array;
}

const ARRAYS = ["values", "bestValues", "first", "second"] as const;
const FILE = "checkpoint.bin";

/** Written beside the old one, then put in its place: a kill in between loses nothing. @param run what it belongs to */
export function saveCheckpoint(folder: string, run: string, checkpoint: Checkpoint): void {
  const { values, bestValues, first, second, ...figures } = checkpoint;
  const head = Buffer.from(JSON.stringify({ run, ...figures, length: values.length }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.length);
  const arrays = [values, bestValues, first, second].map((each) => Buffer.from(each.slice().buffer));
  writeWhole(join(folder, FILE), Buffer.concat([size, head, ...arrays]));
}

/** The run's last checkpoint; `undefined` where there is none, or a damaged one, or one of another run. */
export function loadCheckpoint(folder: string, run: string): Checkpoint | undefined {
  const path = join(folder, FILE);
  if (!existsSync(path)) return undefined;
  try {
    return parse(readFileSync(path), run);
  } catch {
    return undefined; // half a file, after the power went: the run begins anew
  }
}

function parse(bytes: Buffer, run: string): Checkpoint | undefined {
  const headLength = bytes.readUInt32LE(0);
  const head = JSON.parse(bytes.toString("utf8", 4, 4 + headLength)) as Omit<Checkpoint, (typeof ARRAYS)[number]> & { run: string; length: number }; // prettier-ignore
  const { run: its, length, ...figures } = head;
  if (its !== run || bytes.length !== 4 + headLength + ARRAYS.length * length * 4) return undefined;
  const array = (i: number) => {
    const at = 4 + headLength + i * length * 4;
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + length * 4));
  };
  return { ...figures, values: array(0), bestValues: array(1), first: array(2), second: array(3) };
}

/** Two runs with the same name learn the same from the same. */
export function runName(...parts: unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
