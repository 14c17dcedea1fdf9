import type { MeanInterval } from "@flywheel/protocol";

interface IntervalPlotProps {
  label: string;
  rows: readonly { name: string; interval: MeanInterval; isStrong?: boolean }[];
  /** What the ends of the axis stand for. */
  range: readonly [low: number, high: number];
  /** Where a line stands: what must be shown. */
  mark?: number;
  format(value: number): string;
}

/** Estimates as points with their intervals as bars. What it shows stands beside it in words. */
export function IntervalPlot({ label, rows, range: [low, high], mark, format }: IntervalPlotProps) {
  const at = (value: number): string => `${(100 * (Math.min(high, Math.max(low, value)) - low)) / (high - low)}%`;
  return (
    <div className="interval-plot" role="img" aria-label={label}>
      {rows.map(({ name, interval, isStrong }) => (
        <div key={name} className={isStrong ? "interval strong" : "interval"}>
          <span>{name}</span>
          <div className="interval-track">
            {mark !== undefined && <i className="interval-mark" style={{ insetInlineStart: at(mark) }} />}
            <i
              className="interval-bar"
              style={{
                insetInlineStart: at(interval.low ?? low),
                insetInlineEnd: `calc(100% - ${at(interval.high ?? high)})`,
              }}
            />
            <i className="interval-point" style={{ insetInlineStart: at(interval.estimate) }} />
          </div>
        </div>
      ))}
      <div className="interval-axis">
        {[low, (low + high) / 2, high].map((tick) => (
          <span key={tick}>{format(tick)}</span>
        ))}
      </div>
    </div>
  );
}
