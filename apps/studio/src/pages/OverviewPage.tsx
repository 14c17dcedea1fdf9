import { USAGE_GROUPS, type UsageGroup } from "@flywheel/protocol";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useCallback, useEffect } from "react";
import { useKeyNames } from "../api/keys.ts";
import { anythingLoggedQuery, type Usage, usageQuery } from "../api/usage.ts";
import { GROUP_LABELS, Groups } from "../components/overview/Groups.tsx";
import { MEASURES } from "../components/overview/measures.ts";
import { PeriodPicker } from "../components/overview/PeriodPicker.tsx";
import { NothingThen, NothingYet, OverviewSkeleton } from "../components/overview/Standing.tsx";
import { Tile } from "../components/overview/Tile.tsx";
import { WhatIf } from "../components/overview/WhatIf.tsx";
import { NotLoaded } from "../components/shell/NotLoaded.tsx";
import { useShortcuts } from "../components/shell/shortcuts.ts";
import { oneLine } from "../text/escape.ts";
import { formatCount, formatTime } from "../text/format.ts";
import { type OverviewSearch, parseOverviewSearch } from "../text/overview-search.ts";
import { type Period, PERIODS } from "../text/period.ts";

const route = getRouteApi("/overview");

/** What one can do here; every step is a change of the address. */
function useOverviewActions({ by = "model", tables = "" }: OverviewSearch) {
  const navigate = useNavigate();
  const change = (part: Partial<OverviewSearch>): void =>
    void navigate({ to: "/overview", search: (now) => ({ ...parseOverviewSearch(now), ...part }), replace: true });
  const shown = tables.split(",").filter(Boolean);
  const show = (ids: string[]): void => change({ tables: ids.join(",") || undefined });
  return {
    change,
    shown,
    period: (period: Period) => change({ range: undefined, from: undefined, to: undefined, ...period }),
    toggleTable: (id: string) => show(shown.includes(id) ? shown.filter((one) => one !== id) : [...shown, id]),
    toggleTables: () => show(shown.length === MEASURES.length ? [] : MEASURES.map(({ id }) => id)),
    nextGroup: () => change({ by: USAGE_GROUPS[(USAGE_GROUPS.indexOf(by) + 1) % USAGE_GROUPS.length] }),
  };
}

export function OverviewPage() {
  const { by = "model", split = false, compare, price, tables: _, ...period } = route.useSearch();
  const actions = useOverviewActions(route.useSearch());
  const usage = useQuery(usageQuery(period, by));
  useEffect(() => {
    document.title = "Overview · Flywheel";
  }, []);
  useShortcuts({
    ...Object.fromEntries(PERIODS.map((range, index) => [String(index + 1), () => actions.period({ range })])),
    t: actions.toggleTables,
    b: actions.nextGroup,
    s: () => actions.change({ split: split ? undefined : true }),
    p: () => actions.change({ compare: compare === false ? undefined : false }),
    w: (event) => {
      event.preventDefault(); // the field that gets the focus would get the letter, too
      actions.change({ price: price === undefined ? "" : undefined });
    },
    j: () => stepTile(1),
    k: () => stepTile(-1),
  });
  return (
    <div className="page overview">
      <div className="filters">
        <h1 className="page-title">Overview</h1>
        <PeriodPicker period={period} onPeriod={actions.period} />
        <Choices by={by} split={split} compare={compare !== false} onChange={actions.change} />
        {usage.data && usage.error && (
          <span className="note stale-note">Not renewed since {formatTime(usage.dataUpdatedAt)}</span>
        )}
      </div>
      {usage.isPending && !usage.error && <OverviewSkeleton />}
      {usage.error && !usage.data && <NotLoaded what="figures" error={usage.error} onRetry={() => usage.refetch()} />}
      {usage.data &&
        (usage.data.report.total.generations === 0 ? (
          <Nothing onMonth={() => actions.period({ range: "30d" })} />
        ) : (
          <Figures
            usage={usage.data}
            stale={usage.isPlaceholderData}
            {...{ by, split, period }}
            compare={compare !== false}
            shown={actions.shown}
            onTable={actions.toggleTable}
          >
            <WhatIf period={period} words={price} onWords={(words) => actions.change({ price: words })} />
          </Figures>
        ))}
    </div>
  );
}

/** The next or previous chart takes the focus. */
function stepTile(by: 1 | -1): void {
  const toggles = [...document.querySelectorAll<HTMLElement>(".tile-toggle")];
  const current = toggles.findIndex((toggle) => toggle.closest(".tile")!.contains(document.activeElement));
  const next = toggles[current === -1 ? (by === 1 ? 0 : toggles.length - 1) : current + by];
  next?.focus();
}

interface ChoicesProps {
  by: UsageGroup;
  split: boolean;
  compare: boolean;
  onChange(change: Partial<OverviewSearch>): void;
}

function Choices({ by, split, compare, onChange }: ChoicesProps) {
  return (
    <div className="period choices">
      <select
        className="select"
        aria-label="By"
        aria-keyshortcuts="b"
        value={by}
        onChange={(event) => onChange({ by: event.target.value as UsageGroup })}
      >
        {USAGE_GROUPS.map((group) => (
          <option key={group} value={group}>
            By {GROUP_LABELS[group].toLowerCase()}
          </option>
        ))}
      </select>
      <button
        type="button"
        className="button"
        aria-pressed={split}
        aria-keyshortcuts="s"
        onClick={() => onChange({ split: split ? undefined : true })}
      >
        Split charts
      </button>
      <button
        type="button"
        className="button"
        aria-pressed={compare}
        aria-keyshortcuts="p"
        onClick={() => onChange({ compare: compare ? false : undefined })}
      >
        Period before
      </button>
    </div>
  );
}

interface FiguresProps {
  usage: Usage;
  stale: boolean;
  by: UsageGroup;
  split: boolean;
  compare: boolean;
  period: Period;
  shown: string[];
  onTable(id: string): void;
  children: ReactNode;
}

function Figures({ usage, stale, by, split, compare, period, shown, onTable, children }: FiguresProps) {
  const nameOf = useGroupNames(by);
  const { unpriced } = usage.report.total;
  return (
    <div className={stale ? "overview-body stale" : "overview-body"}>
      <div className={split ? "tiles split-tiles" : "tiles"}>
        {MEASURES.map((measure) => (
          <Tile
            key={measure.id}
            {...{ measure, usage, split, compare, nameOf }}
            table={shown.includes(measure.id)}
            onTable={() => onTable(measure.id)}
          />
        ))}
      </div>
      <section className="section" aria-label={`By ${GROUP_LABELS[by].toLowerCase()}`}>
        <h2>By {GROUP_LABELS[by].toLowerCase()}</h2>
        <Groups by={by} report={usage.report} period={period} nameOf={nameOf} />
        {unpriced > 0 && (
          <p className="note">{formatCount(unpriced)} generations have no known price: cost is without them.</p>
        )}
      </section>
      {children}
    </div>
  );
}

const CACHE_NAMES: Record<string, string> = { hit: "answered from the cache", off: "cache not used" };

/** What people call a group: keys by the name they were given. */
function useGroupNames(by: UsageGroup): (group: string) => string {
  const keyName = useKeyNames(by === "key");
  return useCallback(
    (group) => {
      const name = by === "cache" ? CACHE_NAMES[group] : by === "key" ? keyName(group) : undefined;
      return oneLine(name ?? group) || "(none)";
    },
    [by, keyName],
  );
}

function Nothing({ onMonth }: { onMonth: () => void }) {
  const { data: logged } = useQuery(anythingLoggedQuery);
  if (logged === undefined) return null;
  return logged ? <NothingThen onMonth={onMonth} /> : <NothingYet />;
}
