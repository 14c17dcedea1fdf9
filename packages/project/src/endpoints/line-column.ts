/** From 1. */
export interface LineColumn {
  line: number;
  column: number;
}

export function lineColumn(text: string, offset: number): LineColumn {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}
