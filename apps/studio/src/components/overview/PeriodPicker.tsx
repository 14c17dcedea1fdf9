import { startOf } from "@flywheel/protocol";
import { type Period, PERIODS, type PeriodName } from "../../text/period.ts";
import { TimeInput } from "../logs/TimeInput.tsx";

const LABELS: Record<PeriodName, string> = { "1h": "1 h", "24h": "24 h", "7d": "7 days", "30d": "30 days" };

interface PeriodPickerProps {
  period: Period;
  onPeriod(period: Period): void;
}

export function PeriodPicker({ period, onPeriod }: PeriodPickerProps) {
  const custom = period.from !== undefined;
  const chosen = custom ? undefined : (period.range ?? "24h");
  const { from, to } = period;
  return (
    <div className="period" role="group" aria-label="Period">
      {PERIODS.map((name, index) => (
        <button
          key={name}
          type="button"
          className="button"
          aria-pressed={chosen === name}
          aria-keyshortcuts={String(index + 1)}
          onClick={() => onPeriod({ range: name })}
        >
          {LABELS[name]}
        </button>
      ))}
      <button
        type="button"
        className="button"
        aria-pressed={custom}
        aria-keyshortcuts="5"
        onClick={() => onPeriod({ from: startOf(Date.now() - 86_400_000, "day") })}
      >
        Custom
      </button>
      {custom && (
        <>
          <TimeInput label="From" value={from} onChange={(value) => onPeriod({ from: value ?? from, to })} />
          <TimeInput label="To" value={to} onChange={(value) => onPeriod({ from, to: value })} />
        </>
      )}
    </div>
  );
}
