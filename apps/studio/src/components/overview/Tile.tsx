import { useMemo, useState } from "react";
import type { Usage } from "../../api/usage.ts";
import { formatChange } from "../../text/figures.ts";
import { Chart } from "./Chart.tsx";
import { type Course, courseOf, type CourseOptions, isComparable } from "./course.ts";
import { CourseTable } from "./CourseTable.tsx";
import type { Measure } from "./measures.ts";
import { formatMoment } from "./moment.ts";

interface TileProps extends CourseOptions {
  measure: Measure;
  usage: Usage;
  /** As a table instead of a chart. */
  table: boolean;
  onTable(): void;
}

/** One measure: its figure for the period, how it changed, and its course as a chart or as a table. */
export function Tile({ measure, usage, table, onTable, split, compare, nameOf }: TileProps) {
  const [at, setAt] = useState<number | null>(null);
  const course = useMemo(
    () => courseOf(measure, usage, { split, compare, nameOf }),
    [measure, usage, split, compare, nameOf],
  );
  const { step } = usage.bounds;
  return (
    <section className="tile" aria-label={measure.title}>
      <header className="tile-head">
        <h2 title={measure.note}>{measure.title}</h2>
        {at !== null && !table && <span className="note">{formatMoment(course.times[at], step)}</span>}
        <button
          type="button"
          className="button quiet small tile-toggle"
          aria-pressed={table}
          aria-label={`${measure.title} as a table`}
          onClick={onTable}
        >
          Table
        </button>
      </header>
      <Headline measure={measure} usage={usage} compare={compare} />
      {table ? (
        <CourseTable measure={measure} course={course} step={step} />
      ) : (
        <>
          <Chart
            title={measure.title}
            shape={measure.shape}
            course={course}
            step={step}
            tick={measure.tick}
            format={measure.format}
            at={at}
            onAt={setAt}
          />
          <Legend measure={measure} course={course} at={at} rows={split} />
        </>
      )}
    </section>
  );
}

/** `1.1 %  −0.4 pt`: the period's figure, and how it differs from the one before. */
function Headline({ measure, usage, compare }: Pick<TileProps, "measure" | "usage" | "compare">) {
  const { of, format } = measure.headline ?? { of: measure.lines[0].of, format: measure.format };
  const [now, then] = [of(usage.report.total), of(usage.before.total)];
  const change = compare && isComparable(usage) ? formatChange(now, then, measure.change) : null;
  return (
    <p className="tile-figure">
      <strong>{format(now)}</strong>
      {measure.lines.length > 1 && <span className="note">{measure.lines[0].label}</span>}
      {change && (
        <span className="note" title={`${format(then)} in the period before`}>
          {change}
        </span>
      )}
    </p>
  );
}

interface LegendProps {
  measure: Measure;
  course: Course;
  at: number | null;
  /** One below the other. */
  rows: boolean;
}

/** What each line is, and its figure at the cursor, or over the period. A single line needs none. */
function Legend({ measure, course, at, rows }: LegendProps) {
  if (course.lines.length < 2 && at === null) return <p className="legend" />;
  return (
    <ul className={rows ? "legend legend-rows" : "legend"}>
      {course.lines.map(({ label, tone, dashed, values, total }, index) => (
        <li key={index}>
          <span className={`swatch tone-${tone}${dashed ? " dashed" : ""}`} aria-hidden="true" />
          <span className="legend-label">{label}</span>
          <span className="legend-value">{measure.format(at === null ? total : (values[at] ?? null))}</span>
        </li>
      ))}
    </ul>
  );
}
