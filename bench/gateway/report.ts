import type { Run } from "./measure.ts";
import { median, spread } from "./statistics.ts";
import type { Workload } from "./workloads.ts";

/** One run of each target, in the order in which they were made; the first and the last are the provider itself. */
export interface Round {
  workload: string;
  runs: { target: string; run: Run }[];
}

/** The worker's rows: its own CPU, with everything else held. One table a workload. */
export function workerTables(workloads: readonly Workload[], rounds: readonly Round[]): string[] {
  return ["## Worker", "", "The gateway's own process, with ingest held during the run and drained after it.", "", ...workloads.flatMap((workload) => table(workload, rounds.filter(({ workload: id }) => id === workload.id)))]; // prettier-ignore
}

/** What the worker's medians are meant to be. */
const AIMS: readonly { what: string; workload: string; most: number; value(round: Round): number }[] = [
  { what: "CPU ÷ the floor's", workload: "W1", most: 5, value: (round) => ratio(round, "C floor", "cpu") },
  { what: "time ÷ Portkey's for as many requests", workload: "W1", most: 0.1, value: (round) => 1 / ratio(round, peerOf(round), "per_second") }, // prettier-ignore
  { what: "added p50 ÷ the floor's", workload: "W2", most: 1.8, value: (round) => added(round, "flywheel") / added(round, "C floor") }, // prettier-ignore
  { what: "resident MB", workload: "W1", most: 150, value: (round) => mean(round, "flywheel", "rss") / 1e6 },
  { what: "resident MB", workload: "W4", most: 150, value: (round) => mean(round, "flywheel", "rss") / 1e6 },
];

export function aimTable(rounds: readonly Round[]): string[] {
  const rows = AIMS.flatMap(({ what, workload, most, value }) => {
    const values = rounds
      .filter((round) => round.workload === workload)
      .map(value)
      .filter(Number.isFinite);
    if (values.length === 0) return [];
    return `| ${workload} | ${what} | ≤ ${most} | ${spread(values)} | ${median(values) <= most ? "yes" : "no"} |`;
  });
  return ["| | | aim | worker | met |", "|---|---|---|---|---|", ...rows, ""];
}

const HEAD = ["| | requests/s | CPU µs/request | CPU ÷ floor | p50 µs | p99 µs | added p50 µs | added ÷ floor | first byte p50 µs | RSS MB |", "|---|---|---|---|---|---|---|---|---|---|"]; // prettier-ignore

function table({ id, says, rate }: Workload, rounds: readonly Round[]): string[] {
  const names = [...new Set(rounds.flatMap(({ runs }) => runs.map(({ target }) => target)))];
  const rows = names.map((name) => row(name, rounds, rate === 0));
  const against = names.filter((name) => !["direct", "C floor", "flywheel"].includes(name));
  const times = against.map((name) => {
    const ratios = rounds.map((round) => ratio(round, name, "per_second"));
    return `flywheel ÷ ${name}, requests/s: ${spread(ratios, 1)}.`;
  });
  return [
    `### ${id}: ${says}`,
    "",
    ...HEAD,
    ...rows,
    "",
    ...(rate === 0 ? times : []),
    "",
    `${rounds.length} rounds.`,
    "",
  ];
}

function row(name: string, rounds: readonly Round[], closed: boolean): string {
  const of = (field: keyof Run) => rounds.map((round) => mean(round, name, field));
  const ratios = (value: (round: Round) => number) => spread(rounds.map(value).filter(Number.isFinite), 2);
  const gateway = name !== "direct";
  const all = rounds.flatMap(({ runs }) => runs.filter(({ target }) => target === name));
  const errors = all.reduce((sum, { run }) => sum + run.failed + run.miscounted, 0);
  if (errors > 0)
    return `| ${name} | void: ${errors} answers were no whole ones ${"|".repeat(HEAD[1]!.split("|").length - 3)}`;
  const cells = [
    name,
    closed ? spread(of("per_second"), 0) : median(of("per_second")).toFixed(0),
    gateway ? spread(of("cpu"), 1) : "",
    gateway ? ratios((round) => mean(round, name, "cpu") / mean(round, "C floor", "cpu")) : "",
    spread(of("p50"), 0),
    spread(of("p99"), 0),
    gateway ? ratios((round) => added(round, name)) : "",
    gateway ? ratios((round) => added(round, name) / added(round, "C floor")) : "",
    spread(of("first_p50"), 0),
    gateway ? (Math.max(...of("rss")) / 1e6).toFixed(0) : "",
  ];
  return `| ${cells.join(" | ")} |`;
}

function peerOf({ runs }: Round): string {
  return runs.find(({ target }) => target.startsWith("Portkey"))?.target ?? "";
}

function ratio(round: Round, name: string, field: keyof Run): number {
  return mean(round, "flywheel", field) / mean(round, name, field);
}

/** Microseconds. */
function added(round: Round, name: string): number {
  return mean(round, name, "p50") - mean(round, "direct", "p50");
}

/** Of the runs of a target within one round. */
function mean({ runs }: Round, name: string, field: keyof Run): number {
  const own = runs.filter(({ target }) => target === name).map(({ run }) => run[field]);
  return own.reduce((sum, value) => sum + value, 0) / own.length;
}
