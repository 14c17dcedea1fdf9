import type { UsageStep } from "@flywheel/protocol";
import type { Course } from "./course.ts";
import type { Measure } from "./measures.ts";
import { formatRow } from "./moment.ts";

const HEADS: Record<UsageStep, string> = { minute: "Minute", hour: "Hour", day: "Day" };

/** A chart's twin: the same figures as a table, newest first. */
export function CourseTable({ measure, course, step }: { measure: Measure; course: Course; step: UsageStep }) {
  const { times, lines } = course;
  return (
    <div className="course" tabIndex={0} role="group" aria-label={`${measure.title} as a table`}>
      <table className="figure-grid">
        <thead>
          <tr>
            <th scope="col">{HEADS[step]}</th>
            {lines.map(({ label }, index) => (
              <th key={index} scope="col" className="number">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times
            .map((time, index) => (
              <tr key={time}>
                <th scope="row">{formatRow(time, step, times.length)}</th>
                {lines.map(({ values }, line) => (
                  <td key={line} className="number">
                    {measure.format(values[index] ?? null)}
                  </td>
                ))}
              </tr>
            ))
            .toReversed()}
        </tbody>
      </table>
    </div>
  );
}
