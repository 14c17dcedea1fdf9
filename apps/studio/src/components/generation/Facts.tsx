import type { CostSource, Generation } from "@flywheel/protocol";
import { Link } from "@tanstack/react-router";
import { formatCost, formatCount, formatRate, formatSeconds, NONE, tokensPerSecond } from "../../text/format.ts";
import { oneLine } from "../../text/escape.ts";
import { useKeyNames } from "../../api/keys.ts";

const COST_SOURCES: Record<CostSource, string> = {
  provider: "reported by the provider",
  override: "your price in flywheel.config.ts",
  table: "price table",
  cache: "from the cache",
  local: "runs on this machine",
  unknown: "no price known",
};

/** A generation's figures on one line, under its title. */
export function KeyFigures({ generation }: { generation: Generation }) {
  const {
    usage_input_tokens: input,
    usage_output_tokens: output,
    duration,
    time_to_first_chunk: first,
    stream,
  } = generation;
  const figures: [string, string][] = [
    ["Tokens in", formatCount(input)],
    ["Tokens out", formatCount(output)],
    ["Cost", formatCost(generation.cost_nano)],
    ["TTFT", formatSeconds(first)],
    ["Duration", formatSeconds(duration)],
    ["Speed", formatRate(tokensPerSecond(output, duration, first, stream))],
  ];
  return (
    <dl className="figures">
      {figures.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function UsageTable({ generation }: { generation: Generation }) {
  const all: [string, number | null][] = [
    ["Input", generation.usage_input_tokens],
    ["of it read from cache", generation.usage_cache_read_input_tokens],
    ["of it written to cache", generation.usage_cache_creation_input_tokens],
    ["Output", generation.usage_output_tokens],
    ["of it reasoning", generation.usage_reasoning_output_tokens],
  ];
  const rows = all.filter(([label, tokens]) => tokens !== null || !label.startsWith("of it"));
  const version = generation.cost_source === "table" && `, ${oneLine(generation.price_version)}`;
  return (
    <table className="facts">
      <tbody>
        {rows.map(([label, tokens]) => (
          <tr key={label} className={label.startsWith("of it") ? "part" : undefined}>
            <th scope="row">{label}</th>
            <td className="number">{formatCount(tokens)}</td>
            <td className="note">{tokens === null ? "not reported" : "tokens"}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">Cost</th>
          <td className="number">{formatCost(generation.cost_nano)}</td>
          <td className="note">{`${COST_SOURCES[generation.cost_source]}${version || ""}`}</td>
        </tr>
      </tbody>
      {generation.usage_estimated && <caption>The provider reported no usage: these tokens are our estimate.</caption>}
    </table>
  );
}

/** Everything else a row knows, by its column. Empty columns are left out. */
export function Columns({ generation }: { generation: Generation }) {
  const rows: [string, string][] = [
    ["Requested model", generation.request_model],
    ["Route", generation.route],
    ["Provider", generation.provider_name],
    ["Provider's model", generation.provider_model],
    ["Answering model", generation.response_model],
    ["Response id", generation.response_id],
    ["Finish reason", generation.finish_reason],
    ["HTTP status", generation.http_status > 0 ? String(generation.http_status) : ""],
    ["Streamed", generation.stream ? "yes" : "no"],
    ["Cache", generation.cache_status],
    ["Project", generation.project],
    ["Environment", generation.environment],
    ["Key", useKeyNames()(generation.key_id)],
    ["User", generation.user_id],
    ["Conversation", generation.conversation_id],
    ["Trace", generation.trace_id],
    ["Client", generation.user_agent],
    ["Redactions", generation.redactions > 0 ? formatCount(generation.redactions) : ""],
  ];
  return (
    <table className="facts">
      <tbody>
        {rows
          .filter(([, value]) => value !== "")
          .map(([label, value]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>
                {label === "Key" ? (
                  <Link to="/logs" search={{ key_id: generation.key_id }}>
                    {oneLine(value)}
                  </Link>
                ) : (
                  oneLine(value) || NONE
                )}
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
