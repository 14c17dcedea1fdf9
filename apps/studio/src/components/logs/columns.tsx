import type { GenerationSummary } from "@flywheel/protocol";
import type { ReactNode } from "react";
import { oneLine } from "../../text/escape.ts";
import { formatCost, formatInstant, formatSeconds, formatTime, formatTokens } from "../../text/format.ts";
import { StatusMark } from "../generation/StatusMark.tsx";

export interface LogColumn {
  /** Also its class: `col-<id>` places it and says at which width it goes. */
  id: string;
  label: string;
  cell(row: GenerationSummary): ReactNode;
}

/** The columns of the log list, left to right. */
export const LOG_COLUMNS: LogColumn[] = [
  { id: "time", label: "Time", cell: (row) => <time title={formatInstant(row.time)}>{formatTime(row.time)}</time> },
  { id: "status", label: "Status", cell: (row) => <StatusMark row={row} /> },
  { id: "model", label: "Model", cell: modelCell },
  { id: "text", label: "Input → output", cell: textCell },
  {
    id: "tokens",
    label: "Tokens",
    cell: (row) => formatTokens(row.usage_input_tokens, row.usage_output_tokens, row.usage_estimated),
  },
  { id: "cost", label: "Cost", cell: (row) => formatCost(row.cost_nano) },
  { id: "ttft", label: "TTFT", cell: (row) => formatSeconds(row.time_to_first_chunk) },
  { id: "duration", label: "Duration", cell: (row) => formatSeconds(row.duration) },
];

function modelCell(row: GenerationSummary): ReactNode {
  const { request_model: asked } = row;
  const model = asked.startsWith("endpoint/") ? asked : row.response_model || row.provider_model || asked;
  return (
    <>
      {oneLine(model)} <span className="note">{oneLine(row.provider_name)}</span>
    </>
  );
}

function textCell(row: GenerationSummary): ReactNode {
  const output = row.status === "error" ? row.error_message : row.output_preview;
  return (
    <>
      <span className="preview">
        <bdi>{oneLine(row.input_preview)}</bdi>
      </span>
      <span className="arrow" aria-hidden="true">
        →
      </span>
      <span className="preview note">
        <bdi>{oneLine(output)}</bdi>
      </span>
    </>
  );
}
