import type { UsageFigures } from "@flywheel/protocol";
import { formatCount, formatRate, formatSeconds, NONE } from "../../text/format.ts";
import { formatCompact, formatLarge, formatMoney, formatShare } from "../../text/figures.ts";

/** How a line looks: its name in tokens.css. */
export type Tone = "accent" | "quiet" | "faint" | "urgent" | "before" | `series-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`;

export interface MeasureLine {
  label: string;
  tone: Tone;
  of(figures: UsageFigures): number | null;
}

/** One chart of the overview as data: what it shows over time, and how its figures are written. */
export interface Measure {
  id: string;
  title: string;
  shape: "bars" | "lines";
  /** The first is the one that groups and periods are compared by. */
  lines: [MeasureLine, ...MeasureLine[]];
  format(value: number | null): string;
  /** On the axis, shorter. */
  tick(value: number): string;
  /** What stands for the whole period, where that isn't the first line's figure. */
  headline?: { of(figures: UsageFigures): number | null; format(value: number | null): string };
  change: "ratio" | "points";
  /** What a person who wonders is told. */
  note: string;
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

const seconds = {
  format: formatSeconds,
  tick: (value: number) =>
    value > 0 && value < 1 ? `${Math.round(value * 1000)} ms` : `${Number(value.toPrecision(3))} s`,
  shape: "lines",
  change: "ratio",
} as const;
/** There is no half an error. */
const wholeTick = (value: number) => (Number.isInteger(value) ? formatCompact(value) : "");
const counts = { format: formatLarge, tick: wholeTick, shape: "bars", change: "ratio" } as const;

export const MEASURES: readonly Measure[] = [
  {
    ...counts,
    id: "requests",
    title: "Requests",
    lines: [{ label: "Requests", tone: "accent", of: (figures) => figures.generations }],
    note: "Every generation that began in the period.",
  },
  {
    ...counts,
    id: "errors",
    title: "Errors",
    lines: [{ label: "Errors", tone: "urgent", of: (figures) => figures.errors }],
    headline: { of: (figures) => share(figures.errors, figures.generations), format: formatShare },
    change: "points",
    note: "Failed, stopped in the middle, or interrupted. A client that goes away is no error.",
  },
  {
    ...seconds,
    id: "latency",
    title: "Latency",
    lines: [
      { label: "p95", tone: "accent", of: (figures) => figures.duration.p95 },
      { label: "p50", tone: "quiet", of: (figures) => figures.duration.p50 },
      { label: "p99", tone: "faint", of: (figures) => figures.duration.p99 },
    ],
    note: "From request to last byte, of those that succeeded.",
  },
  {
    ...seconds,
    id: "ttft",
    title: "TTFT",
    lines: [
      { label: "p50", tone: "accent", of: (figures) => figures.time_to_first_chunk.p50 },
      { label: "p95", tone: "quiet", of: (figures) => figures.time_to_first_chunk.p95 },
      { label: "p99", tone: "faint", of: (figures) => figures.time_to_first_chunk.p99 },
    ],
    note: "Time to first chunk, of streams that succeeded.",
  },
  {
    id: "speed",
    title: "Tokens per second",
    shape: "lines",
    lines: [{ label: "Median", tone: "accent", of: (figures) => figures.tokens_per_second }],
    format: formatRate,
    tick: formatCompact,
    change: "ratio",
    note: "The median answer's output tokens through the time in which they came; without answers from the cache.",
  },
  {
    ...counts,
    id: "tokens",
    title: "Tokens",
    shape: "lines",
    lines: [
      { label: "in", tone: "accent", of: (figures) => figures.input_tokens },
      { label: "out", tone: "quiet", of: (figures) => figures.output_tokens },
    ],
    note: "As the providers counted them.",
  },
  {
    id: "cache",
    title: "Cache share",
    shape: "lines",
    lines: [
      { label: "answers", tone: "accent", of: (figures) => share(figures.cached, figures.generations) },
      {
        label: "input tokens",
        tone: "quiet",
        of: (figures) => share(figures.cache_read_input_tokens, figures.input_tokens),
      },
    ],
    format: formatShare,
    tick: formatShare,
    change: "points",
    note: "Requests that Flywheel's cache answered; input tokens that providers read from theirs.",
  },
  {
    id: "cost",
    title: "Cost",
    shape: "bars",
    lines: [{ label: "Cost", tone: "accent", of: (figures) => figures.cost_nano }],
    format: formatMoney,
    tick: (value) => formatMoney(value).replace(/(?<=\.\d+?)0+$/, ""),
    change: "ratio",
    note: "What providers reported or their price lists say; models on this machine cost nothing.",
  },
];

/** The columns of the table by model or key. */
export const GROUP_COLUMNS: [label: string, cell: (figures: UsageFigures) => string][] = [
  ["Requests", (figures) => formatCount(figures.generations)],
  ["Errors", (figures) => formatShare(share(figures.errors, figures.generations))],
  ["p50", (figures) => formatSeconds(figures.duration.p50)],
  ["p95", (figures) => formatSeconds(figures.duration.p95)],
  ["p99", (figures) => formatSeconds(figures.duration.p99)],
  ["TTFT", (figures) => formatSeconds(figures.time_to_first_chunk.p50)],
  [
    "tok/s",
    (figures) => (figures.tokens_per_second === null ? NONE : formatCount(Math.round(figures.tokens_per_second))),
  ],
  ["Tokens in", (figures) => formatLarge(figures.input_tokens)],
  ["Tokens out", (figures) => formatLarge(figures.output_tokens)],
  ["From cache", (figures) => formatShare(share(figures.cached, figures.generations))],
  ["Cost", (figures) => formatMoney(figures.cost_nano)],
];
