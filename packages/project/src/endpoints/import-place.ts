import { readFileSync } from "node:fs";
import { type LineColumn, lineColumn } from "./line-column.ts";

/** Where an import is written in the file that does it; 0 where that is not found. */
export function importPlace(source: string, file: string): LineColumn {
  try {
    const text = readFileSync(file, "utf8");
    const at = text.search(new RegExp(`["']${RegExp.escape(source)}["']`));
    return at < 0 ? { line: 0, column: 0 } : lineColumn(text, at);
  } catch {
    return { line: 0, column: 0 };
  }
}
