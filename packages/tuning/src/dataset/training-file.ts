import { type DatasetRow, FlywheelError, type Split } from "@flywheel/protocol";
import { FORMATS, type Format, type FormatName, rowAround } from "./formats.ts";
import { readParquet, writeParquet } from "./parquet.ts";
import { readRow } from "./read-row.ts";

/** Bytes of a line. A row must fit into a request to the control API, and a model's context ends far before. */
export const MOST_LINE = 1_000_000;

type AnyFormat = FormatName | "jsonl" | "parquet";

/** The bytes of a file for a trainer. Every line is read back before it counts: a file that is written is valid. */
export function writeTrainingFile(
  rows: readonly DatasetRow[],
  format: AnyFormat,
): { bytes: Buffer; count: number; left: number } {
  if (format === "parquet") return { bytes: writeParquet(rows), count: rows.length, left: 0 };
  if (format === "jsonl") return { bytes: linesOf(rows), count: rows.length, left: 0 };
  const { kind, write, read }: Format = FORMATS[format];
  const fitting = rows.filter((row) => row.kind === kind);
  const lines = fitting.map(write);
  lines.forEach(read);
  return { bytes: linesOf(lines), count: lines.length, left: rows.length - lines.length };
}

/** The rows of a file. @throws FlywheelError `invalid_request` that names the line */
export async function readTrainingFile(bytes: Buffer, format: AnyFormat, split: Split): Promise<DatasetRow[]> {
  if (format === "parquet")
    return readParquet(bytes).catch((error: unknown) => {
      if (error instanceof FlywheelError) throw error;
      throw new FlywheelError("invalid_request", {
        reason: `The file is no Parquet file of ours: ${(error as Error).message}`,
      });
    });
  const lines = bytes.toString("utf8").split("\n");
  const rows = lines.flatMap((line, index) =>
    line.trim() === "" ? [] : [readLine(line, `line ${index + 1}`, format, split)],
  );
  const unique = new Map(rows.map((row) => [row.id, row]));
  return [...unique.values()];
}

function readLine(line: string, place: string, format: FormatName | "jsonl", split: Split): DatasetRow {
  const value = parseLine(line, place);
  return format === "jsonl" ? readRow(value, place) : rowOfLine(value, place, format, split);
}

/** Throws `invalid_request` that names the place. */
export function parseLine(line: string, place: string): unknown {
  if (Buffer.byteLength(line) > MOST_LINE) throw tooLong(place);
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new FlywheelError("invalid_request", { reason: `${place} is not JSON: ${(error as Error).message}` });
  }
}

export const tooLong = (place: string) =>
  new FlywheelError("invalid_request", { reason: `${place} is longer than ${MOST_LINE} bytes` });

/** Throws `invalid_request` that names the place. */
export function rowOfLine(value: unknown, place: string, format: FormatName, split: Split): DatasetRow {
  try {
    if (typeof value !== "object" || value === null) throw new Error("it is not an object");
    return rowAround(FORMATS[format].read(value as Record<string, unknown>), split);
  } catch (error) {
    throw new FlywheelError("invalid_request", { reason: `${place}: ${(error as Error).message}` });
  }
}

const linesOf = (lines: readonly object[]): Buffer =>
  Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
