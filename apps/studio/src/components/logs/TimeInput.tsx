interface TimeInputProps {
  label: string;
  /** Epoch milliseconds. */
  value: number | undefined;
  onChange(ms: number | undefined): void;
}

/** A day and a minute of it, in local time. */
export function TimeInput({ label, value, onChange }: TimeInputProps) {
  return (
    <input
      className="input"
      type="datetime-local"
      aria-label={label}
      value={value === undefined ? "" : localMinute(value)}
      onChange={(event) => onChange(event.target.value === "" ? undefined : new Date(event.target.value).getTime())}
    />
  );
}

/** `2026-11-22T12:04` in local time, as `datetime-local` wants it. */
function localMinute(ms: number): string {
  const date = new Date(ms);
  return new Date(ms - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
