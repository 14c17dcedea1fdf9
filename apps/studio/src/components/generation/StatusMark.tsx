import type { GenerationStatus, GenerationSummary } from "@flywheel/protocol";

/** A shape and a word for each status: colour is never the only sign. */
const MARKS: Record<GenerationStatus, [shape: string, word: string]> = {
  ok: ["●", "ok"],
  error: ["✕", "error"],
  partial: ["◐", "partial"],
  client_aborted: ["○", "aborted"],
  interrupted: ["◌", "interrupted"],
};

export function StatusMark({ row }: { row: Pick<GenerationSummary, "status" | "http_status"> }) {
  const [shape, word] = MARKS[row.status];
  const status = row.status === "error" && row.http_status > 0 ? `${word} ${row.http_status}` : word;
  return (
    <span className={`status status-${row.status}`}>
      <span className="status-shape" aria-hidden="true">
        {shape}
      </span>{" "}
      <span className="status-word">{status}</span>
    </span>
  );
}
