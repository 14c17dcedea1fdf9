import type { CommandContext } from "@flywheel/protocol";
import type { Skipped } from "./recordings.ts";
import { CHECKS } from "./replay.ts";
import type { Outcome } from "./replay.ts";
import type { Result } from "./run.ts";

/** Print a table per provider, or, as JSON, a line per recording; the last line is the sum. */
export function printResult(result: Result, context: Pick<CommandContext, "out" | "json">, verbose: boolean): void {
  const { out, json } = context;
  const { outcomes, skipped, twins, cut } = result;
  const told = cut.filter((stream) => stream.told).length;
  const sum = { recordings: outcomes.length + skipped.length, right: rightOf(outcomes), skipped: skipped.length };
  if (json) {
    for (const outcome of outcomes) out(JSON.stringify(outcomeLine(outcome)));
    for (const entry of skipped) out(JSON.stringify(entry));
    out(JSON.stringify({ twins, cut: { checked: cut.length, told } }));
    out(JSON.stringify(sum));
    return;
  }
  if (verbose) for (const { name, skipped: reason } of skipped) out(`skipped  ${name}: ${reason}`);
  if (verbose && skipped.length > 0) out("");
  for (const line of failureLines(outcomes, verbose)) out(line);
  for (const line of aligned([HEAD, ...providerRows(result)])) out(line);
  out("");
  out(`${twins.agree} of ${twins.checked} streams say the same as one whole answer with the same content.`);
  out(`${told} of ${cut.length} times a client is told that a stream was cut in the middle.`);
  if (skipped.length > 0) for (const line of skippedLines(result)) out(line);
  out(
    `${sum.recordings} recordings: ${sum.right} right, ${outcomes.length - sum.right} wrong, ${sum.skipped} skipped.`,
  );
}

function outcomeLine({ recording, right, unreadable, replays }: Outcome): object {
  const { name, provider, dialect, stream } = recording;
  return { name, provider, dialect, stream, right, ...(unreadable && { unreadable }), replays };
}

const rightOf = (outcomes: readonly Outcome[]): number => outcomes.filter(({ right }) => right).length;

export const HEAD: readonly string[] = ["provider", "recordings", "skipped", ...CHECKS, "right"];

/** One row a provider, then all together: of those replayed, how many were right in each respect. */
export function providerRows({ outcomes, skipped }: Pick<Result, "outcomes" | "skipped">): string[][] {
  const names = new Set([...outcomes.map(({ recording }) => recording.provider), ...skipped.map((s) => s.provider)]);
  const rows = [...names].toSorted().map((name) => {
    const own = outcomes.filter(({ recording }) => recording.provider === name);
    return row(name, own, skipped.filter(({ provider }) => provider === name).length);
  });
  return [...rows, row("all", outcomes, skipped.length)];
}

function row(name: string, outcomes: readonly Outcome[], skipped: number): string[] {
  const of = (count: number): string => (outcomes.length === 0 ? "–" : `${count}/${outcomes.length}`);
  const checks = CHECKS.map((check) => of(outcomes.filter(({ replays }) => holds(replays, check)).length));
  return [name, String(outcomes.length + skipped), String(skipped), ...checks, of(rightOf(outcomes))];
}

/** An answer that could not be read at all has no text, usage and so on. */
function holds(replays: Outcome["replays"], check: (typeof CHECKS)[number]): boolean {
  return replays.every(({ wrong }) => !wrong.includes(check) && !wrong.includes("parsed"));
}

const SHOWN = 20;

function failureLines(outcomes: readonly Outcome[], verbose: boolean): string[] {
  const lines = outcomes.flatMap(({ recording, replays }) =>
    replays.filter(({ why }) => why !== "").map(({ by, why }) => `wrong  ${recording.name} by ${by}: ${why}`),
  );
  const more = lines.length - SHOWN;
  if (verbose || more <= 0) return lines.length > 0 ? [...lines, ""] : [];
  return [...lines.slice(0, SHOWN), `… and ${more} more; --verbose shows them`, ""];
}

function skippedLines({ skipped }: Pick<Result, "skipped">): string[] {
  const rows = reasons(skipped).map(([reason, count]) => `${String(count).padStart(5)}  ${reason}`);
  return ["", "skipped:", ...rows, ""];
}

/** Why recordings were skipped, most frequent first. */
export function reasons(skipped: readonly Skipped[]): [reason: string, count: number][] {
  const counts = Map.groupBy(skipped, ({ skipped: reason }) => reason);
  return Array.from(counts, ([reason, list]): [string, number] => [reason, list.length]).toSorted(
    ([, a], [, b]) => b - a,
  );
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}
