import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from "react";
import "./language-tag.ts"; // before what it is for
import UPlot from "uplot";
import type { UsageStep } from "@flywheel/protocol";
import { useThemeChange } from "../shell/theme.ts";
import type { ChartLine, Course } from "./course.ts";
import { formatMoment, formatTick } from "./moment.ts";
import type { Tone } from "./measures.ts";

interface ChartProps {
  title: string;
  shape: "bars" | "lines";
  course: Course;
  step: UsageStep;
  tick(value: number): string;
  /** Of the first line, for who does not see it. */
  format(value: number | null): string;
  /** The stretch that is pointed at, by mouse or arrow keys. */
  at: number | null;
  onAt(index: number | null): void;
}

const HEIGHT = 132;
/** Charts with the same one show their cursors together. */
const SYNC = "overview";

/** Lines or bars over time on a canvas; a slider to the keyboard and to who listens. Its table twin stands elsewhere. */
export function Chart({ title, shape, course, step, tick, format, at, onAt }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(null);
  const latest = useRef({ onAt, tick });
  latest.current = { onAt, tick };
  const theme = useThemeChange();
  const { times, lines } = course;
  // What makes it another chart; new values alone are put into the one that is there.
  const look = JSON.stringify([shape, step, theme, lines.map(({ tone, dashed }) => [tone, dashed])]);

  useLayoutEffect(() => {
    const element = box.current!;
    const options = optionsOf(element, { shape, step, lines, tick: (value) => latest.current.tick(value) });
    options.hooks = {
      setCursor: [(self) => latest.current.onAt(self.cursor.left! < 0 ? null : (self.cursor.idx ?? null))],
    };
    const made = new UPlot(options, dataOf({ times, lines }), element);
    plot.current = made;
    const observer = new ResizeObserver(([entry]) => made.setSize({ width: entry!.contentRect.width, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `look` is all of them by value, but for the data below
  }, [look]);

  useEffect(() => plot.current?.setData(dataOf({ times, lines })), [times, lines]);

  const last = times.length - 1;
  const onKeyDown = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = {
      ArrowLeft: (at ?? last + 1) - 1,
      ArrowRight: (at ?? -1) + 1,
      Home: 0,
      End: last,
    };
    const wished = steps[event.key];
    if (wished === undefined || !plot.current) return;
    event.preventDefault();
    const index = Math.min(last, Math.max(0, wished));
    plot.current.setCursor({ left: plot.current.valToPos(times[index]! / 1000, "x"), top: 0 });
  };
  const shown = at ?? last;
  const value = lines[0]?.values[shown] ?? null;
  return (
    <div
      ref={box}
      className="chart"
      role="slider"
      tabIndex={0}
      aria-label={`${title} over time`}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, last)}
      aria-valuenow={shown}
      aria-valuetext={`${formatMoment(times[shown], step)}: ${format(value)}`}
      onKeyDown={onKeyDown}
      onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
    />
  );
}

function dataOf({ times, lines }: Course): UPlot.AlignedData {
  return [times.map((time) => time / 1000), ...lines.map(({ values }) => values)];
}

interface Look {
  shape: "bars" | "lines";
  step: UsageStep;
  lines: ChartLine[];
  tick(value: number): string;
}

function optionsOf(element: HTMLElement, { shape, step, lines, tick }: Look): UPlot.Options {
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const quiet = colorOf(element, "--text-quiet");
  const grid = { stroke: colorOf(element, "--line"), width: 1 };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: SYNC }, points: { size: 6 } },
    scales: { x: { time: true, range: wholeBars }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] } },
    axes: [
      {
        font,
        stroke: quiet,
        grid: { show: false },
        ticks: { show: false },
        size: 28,
        gap: 8,
        space: 64,
        values: (_, splits) => splits.map((at) => formatTick(at * 1000, step)),
      },
      {
        font,
        stroke: quiet,
        grid,
        ticks: { show: false },
        size: 56,
        gap: 4,
        space: 32,
        values: (_, splits) => splits.map(tick),
      },
    ],
    series: [{}, ...lines.map((line) => seriesOf(element, line, shape))],
  };
}

/** Room for all of the first and of the last bar. */
const wholeBars: UPlot.Range.Function = ({ data: [times] }, first, last) => {
  const half = (times[1]! - times[0]!) / 2 || 30;
  return [first - half, last + half];
};

function seriesOf(element: HTMLElement, { label, tone, dashed }: ChartLine, shape: Look["shape"]): UPlot.Series {
  const stroke = colorOf(element, TONES[tone]);
  const bars = shape === "bars" && !dashed && !tone.startsWith("series");
  return {
    label,
    stroke,
    width: bars ? 0 : 1.5,
    ...(bars && { fill: stroke, paths: UPlot.paths.bars!({ size: [0.72, 24] }) }),
    ...(dashed && { dash: [4, 3] }),
    points: { show: !bars, size: 4, width: 0, fill: stroke, filter: alone },
  };
}

/** Points with nothing on either side, which no line would show. */
const alone: UPlot.Series.Points.Filter = (self, series, show) => {
  if (!show) return null;
  const values = self.data[series]!;
  const isNone = (index: number): boolean => values[index] === null || values[index] === undefined;
  return [...values.keys()].filter((index) => !isNone(index) && isNone(index - 1) && isNone(index + 1));
};

/** A canvas knows no custom properties: the browser is asked what one comes to here and now. */
function colorOf(element: HTMLElement, property: string): string {
  element.style.color = `var(${property})`;
  const { color } = getComputedStyle(element);
  element.style.color = "";
  return color;
}

const TONES: Record<Tone, string> = {
  accent: "--accent",
  quiet: "--text-quiet",
  faint: "--line-strong",
  urgent: "--urgent",
  before: "--line-strong",
  "series-1": "--series-1",
  "series-2": "--series-2",
  "series-3": "--series-3",
  "series-4": "--series-4",
  "series-5": "--series-5",
  "series-6": "--series-6",
  "series-7": "--series-7",
  "series-8": "--series-8",
};
