import type { DatasetRow } from "@flywheel/protocol";
import { parquetReadObjects } from "hyparquet";
import { type BasicType, parquetWriteBuffer } from "hyparquet-writer";
import { readRow } from "./read-row.ts";

/** One column a member; what is not flat is JSON in a string column, which every reader of Parquet can open. */
const COLUMNS: readonly { name: string; type: BasicType; json?: boolean }[] = [
  { name: "id", type: "STRING" },
  { name: "kind", type: "STRING" },
  { name: "split", type: "STRING" },
  { name: "messages", type: "STRING", json: true },
  { name: "completion", type: "STRING" },
  { name: "chosen", type: "STRING" },
  { name: "rejected", type: "STRING" },
  { name: "desirable", type: "BOOLEAN" },
  { name: "response_schema", type: "STRING", json: true },
  { name: "weight", type: "DOUBLE" },
  { name: "lineage", type: "STRING", json: true },
];

/** Whole rows as a Parquet file. */
export function writeParquet(rows: readonly DatasetRow[]): Buffer {
  const columnData = COLUMNS.map(({ name, type, json }) => ({
    name,
    type,
    nullable: true,
    data: rows.map((row) => {
      const value = (row as unknown as Record<string, unknown>)[name] ?? null;
      return json && value !== null ? JSON.stringify(value) : value;
    }),
  }));
  return Buffer.from(parquetWriteBuffer({ columnData }));
}

/** The rows of a file that {@link writeParquet} wrote. @throws FlywheelError `invalid_request` */
export async function readParquet(bytes: Buffer): Promise<DatasetRow[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const lines = await parquetReadObjects({ file });
  return lines.map((line, index) => readRow(unpacked(line), `row ${index + 1}`));
}

function unpacked(line: Record<string, unknown>): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const { name, json } of COLUMNS) {
    const value = line[name];
    if (value === null || value === undefined) continue;
    row[name] = json ? JSON.parse(value as string) : value;
  }
  return row;
}
