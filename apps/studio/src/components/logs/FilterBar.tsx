import { GENERATION_STATUSES } from "@flywheel/protocol";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, type RefObject, useEffect, useId, useState } from "react";
import { type Filter, isEmpty, type Range, RANGES } from "../../api/filter.ts";
import { useKeyNames } from "../../api/keys.ts";
import type { LiveState } from "../../api/live.ts";
import { oneLine } from "../../text/escape.ts";
import { modelsQuery } from "../../api/server.ts";
import { TimeInput } from "./TimeInput.tsx";

const RANGE_LABELS: Record<Range, string> = {
  "15m": "Last 15 minutes",
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
};

const LIVE_LABELS: Record<LiveState, string> = {
  off: "Paused",
  connecting: "Live",
  live: "Live",
  lost: "Reconnecting",
};

interface FilterBarProps {
  filter: Filter;
  /** Changes some of the filter; `undefined` takes a part away. */
  onChange(change: Partial<Filter>): void;
  onClear(): void;
  live: LiveState;
  onLive(): void;
  searchInput: RefObject<HTMLInputElement | null>;
  /** What keeps filters under a name. */
  saved: ReactNode;
}

export function FilterBar({ filter, onChange, onClear, live, onLive, searchInput, saved }: FilterBarProps) {
  const { data } = useQuery(modelsQuery);
  const models = useId();
  const keyName = useKeyNames(filter.key_id !== undefined);
  return (
    <search className="filters" aria-label="Filter generations">
      <h1 className="page-title">Logs</h1>
      <TypedFilter
        label="Search"
        placeholder="Search texts  /"
        type="search"
        value={filter.search}
        onChange={(search) => onChange({ search })}
        input={searchInput}
      />
      <select
        className="select"
        aria-label="Status"
        value={filter.status ?? ""}
        onChange={(event) => onChange({ status: (event.target.value || undefined) as Filter["status"] })}
      >
        <option value="">Status</option>
        {GENERATION_STATUSES.map((status) => (
          <option key={status} value={status}>
            {status.replace("_", " ")}
          </option>
        ))}
      </select>
      <TypedFilter
        label="Model"
        placeholder="Model"
        list={models}
        value={filter.model}
        onChange={(model) => onChange({ model })}
      />
      <datalist id={models}>
        {data?.data.map((model) => (
          <option
            key={model.id}
            value={model.kind === "route" ? model.id : model.id.slice(model.id.indexOf("/") + 1)}
          />
        ))}
      </datalist>
      <select
        className="select"
        aria-label="Provider"
        value={filter.provider ?? ""}
        onChange={(event) => onChange({ provider: event.target.value || undefined })}
      >
        <option value="">Provider</option>
        {providerNames(filter.provider, data?.providers).map((provider) => (
          <option key={provider}>{provider}</option>
        ))}
      </select>
      <TimeFilter filter={filter} onChange={onChange} />
      {filter.key_id && (
        <button
          type="button"
          className="button"
          aria-label={`Key ${oneLine(keyName(filter.key_id))}: show every key`}
          onClick={() => onChange({ key_id: undefined })}
        >
          Key {oneLine(keyName(filter.key_id))} <span aria-hidden="true">✕</span>
        </button>
      )}
      {!isEmpty(filter) && (
        <button type="button" className="button clear" onClick={onClear}>
          Clear
        </button>
      )}
      {saved}
      <button
        type="button"
        className={`button live live-${live}`}
        aria-pressed={live !== "off"}
        aria-keyshortcuts="l"
        onClick={onLive}
      >
        <span className="live-dot" aria-hidden="true" /> {LIVE_LABELS[live]}
      </button>
    </search>
  );
}

/** The providers that can be chosen; the chosen one is among them even when it's gone. */
function providerNames(chosen: string | undefined, known: { id: string }[] = []): string[] {
  const names = new Set(known.map((provider) => provider.id));
  if (chosen) names.add(chosen);
  return [...names].sort();
}

interface TypedFilterProps {
  label: string;
  placeholder: string;
  type?: "search" | "text";
  list?: string;
  value: string | undefined;
  onChange(value: string | undefined): void;
  input?: RefObject<HTMLInputElement | null>;
}

/** A filter one types: it takes effect when typing pauses. */
function TypedFilter({ label, placeholder, type = "text", list, value = "", onChange, input }: TypedFilterProps) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed.trim() === value) return;
    const timer = setTimeout(() => onChange(typed.trim() || undefined), 300);
    return () => clearTimeout(timer);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- a new `onChange` each render must not restart the pause
  }, [typed, value]);
  return (
    <input
      ref={input}
      className={`input ${type}`}
      type={type}
      aria-label={label}
      placeholder={placeholder}
      list={list}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== "Escape") return;
        // Escape leaves the field; browsers would empty it.
        event.preventDefault();
        onChange(typed.trim() || undefined);
        event.currentTarget.blur();
      }}
    />
  );
}

function TimeFilter({ filter, onChange }: Pick<FilterBarProps, "filter" | "onChange">) {
  const custom = filter.from !== undefined || filter.to !== undefined;
  const onSelect = (value: string): void => {
    if (value === "custom") onChange({ range: undefined, from: startOfToday() });
    else onChange({ range: (value || undefined) as Range | undefined, from: undefined, to: undefined });
  };
  return (
    <>
      <select
        className="select"
        aria-label="Time"
        value={custom ? "custom" : (filter.range ?? "")}
        onChange={(event) => onSelect(event.target.value)}
      >
        <option value="">Time</option>
        {Object.keys(RANGES).map((range) => (
          <option key={range} value={range}>
            {RANGE_LABELS[range as Range]}
          </option>
        ))}
        <option value="custom">From … to …</option>
      </select>
      {custom && (
        <>
          <TimeInput label="From" value={filter.from} onChange={(from) => onChange({ from })} />
          <TimeInput label="To" value={filter.to} onChange={(to) => onChange({ to })} />
        </>
      )}
    </>
  );
}

function startOfToday(): number {
  return new Date().setHours(0, 0, 0, 0);
}
