import { NO_FIGURES, stretches, type UsagePoint } from "@flywheel/protocol";
import type { Usage } from "../../api/usage.ts";
import type { Measure, Tone } from "./measures.ts";

/** A line of a chart: a value for each stretch of time, `null` where there was nothing to measure. */
export interface ChartLine {
  label: string;
  tone: Tone;
  dashed?: boolean;
  values: (number | null)[];
  /** The figure of the whole period. */
  total: number | null;
}

/** What a chart and its table show. */
export interface Course {
  /** When each stretch begins, epoch milliseconds. */
  times: number[];
  lines: ChartLine[];
}

export interface CourseOptions {
  /** A line for each of the largest groups, by the measure's first figure. */
  split: boolean;
  /** Also the period before, where nothing is split. */
  compare: boolean;
  /** A group's name as people know it. */
  nameOf(group: string): string;
}

/** Beside a handful of generations any change looks like a wonder. */
export const isComparable = ({ report, before }: Pick<Usage, "report" | "before">): boolean =>
  before.total.generations > 0 && before.total.generations * 100 >= report.total.generations;

/** A measure over the stretches of a period. */
export function courseOf(measure: Measure, { bounds, report, before }: Usage, options: CourseOptions): Course {
  const { from, to, step } = bounds;
  const times = stretches(from, to, step);
  const [main] = measure.lines;
  if (options.split) {
    const groups = report.groups.filter((group) => group.series !== undefined);
    const lines = groups.map(({ name, series, ...figures }, index) => ({
      label: options.nameOf(name),
      tone: `series-${index + 1}` as Tone,
      values: along(times, series!).map(main.of),
      total: main.of(figures),
    }));
    return { times, lines };
  }
  const points = along(times, report.series);
  const lines: ChartLine[] = measure.lines.map(({ label, tone, of }) => ({
    label,
    tone,
    values: points.map(of),
    total: of(report.total),
  }));
  if (options.compare && isComparable({ report, before })) {
    const earlier = stretches(before.from, before.to, step).slice(0, times.length);
    const values = along(earlier, before.series).map(main.of);
    lines.push({ label: "before", tone: "before", dashed: true, values, total: main.of(before.total) });
  }
  return { times, lines };
}

/** A point for each time; where nothing happened, one of zeros and unknowns. */
function along(times: readonly number[], points: readonly UsagePoint[]): (typeof NO_FIGURES)[] {
  const known = new Map(points.map((point) => [point.time, point]));
  return times.map((time) => known.get(time) ?? NO_FIGURES);
}
