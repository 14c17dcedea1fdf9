import type { UsageFigures } from "@flywheel/protocol";
import { dollars } from "./generation-line.ts";
import { harmless } from "./terminal-text.ts";

/** One line of the table: figures of something, and its requests over time where they are to be drawn. */
export interface UsageLine {
  name: string;
  figures: UsageFigures;
  course?: number[];
}

const COLUMNS: [head: string, cell: (figures: UsageFigures) => string][] = [
  ["requests", ({ generations }) => count(generations)],
  ["errors", ({ errors, generations }) => share(errors, generations)],
  ["p50", ({ duration }) => seconds(duration.p50)],
  ["p95", ({ duration }) => seconds(duration.p95)],
  ["ttft", ({ time_to_first_chunk }) => seconds(time_to_first_chunk.p50)],
  ["tok/s", ({ tokens_per_second }) => (tokens_per_second === null ? "–" : count(Math.round(tokens_per_second)))],
  ["tok in", ({ input_tokens }) => count(input_tokens)],
  ["tok out", ({ output_tokens }) => count(output_tokens)],
  ["cached", ({ cached, generations }) => share(cached, generations)],
  ["cost", ({ cost_nano }) => dollars(cost_nano)],
];

/** Figures as an aligned table, its first line the head. Whatever stands in a name is harmless to a terminal. */
export function usageTable(title: string, lines: readonly UsageLine[]): string[] {
  const head = [title, ...COLUMNS.map(([name]) => name)];
  const cells = lines.map(({ name, figures }) => [harmless(name), ...COLUMNS.map(([, cell]) => cell(figures))]);
  const widths = head.map((_, column) => Math.max(...[head, ...cells].map((row) => row[column]!.length)));
  return [head, ...cells].map((row, index) => {
    const aligned = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    const course = index === 0 ? undefined : lines[index - 1]!.course;
    return [...aligned, ...(course ? [sparkline(course, SPARK_WIDTH)] : [])].join("  ").trimEnd();
  });
}

const SPARK_WIDTH = 30;
const BARS = "▁▂▃▄▅▆▇█";

/** Counts over time as a row of bars, neighbours added up where there are more than fit. Nothing at all is a blank. */
export function sparkline(counts: readonly number[], width: number): string {
  const each = Math.max(1, Math.ceil(counts.length / width));
  const sums: number[] = [];
  for (let at = 0; at < counts.length; at += each)
    sums.push(counts.slice(at, at + each).reduce((sum, value) => sum + value, 0));
  const most = Math.max(...sums, 1);
  return sums.map((sum) => (sum === 0 ? " " : BARS[Math.ceil((sum / most) * BARS.length) - 1])).join("");
}

const count = (value: number) => value.toLocaleString("en");

/** `1.5 %`; a dash where there is nothing to have a share of. */
function share(part: number, whole: number): string {
  return whole === 0 ? "–" : `${Number(((100 * part) / whole).toPrecision(part * 10 < whole ? 2 : 3))} %`;
}

function seconds(value: number | null): string {
  if (value === null) return "–";
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`;
}
