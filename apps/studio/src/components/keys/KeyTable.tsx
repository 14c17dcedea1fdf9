import type { ListedKey, UsageGroupFigures } from "@flywheel/protocol";
import { Link } from "@tanstack/react-router";
import { oneLine } from "../../text/escape.ts";
import { formatCost, formatCount, formatInstant, formatTime, NONE } from "../../text/format.ts";
import { stateNotes, stateOf } from "./key-state.ts";

const SHAPES = { live: "●", expired: "◌", revoked: "✕" } as const;

interface KeyTableProps {
  keys: ListedKey[];
  /** By id; absent while it is not known. */
  usage: ReadonlyMap<string, UsageGroupFigures> | undefined;
  /** The key the keyboard is on, by id. */
  cursor: string | undefined;
  onRotate(key: ListedKey): void;
  onRevoke(key: ListedKey): void;
}

export function KeyTable({ keys, usage, cursor, onRotate, onRevoke }: KeyTableProps) {
  return (
    <table className="grid keys">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">State</th>
          <th scope="col">May call</th>
          <th scope="col" className="wide">
            Environment
          </th>
          <th scope="col" className="wide">
            Secret
          </th>
          <th scope="col" className="wide number">
            Made
          </th>
          <th scope="col" className="wide number">
            Calls, 30 days
          </th>
          <th scope="col" className="number">
            Spend<span className="wide">, 30 days</span>
          </th>
          <th scope="col">
            <span className="hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <KeyRow
            key={key.id}
            row={key}
            used={usage?.get(key.id)}
            isUsageKnown={usage !== undefined}
            current={key.id === cursor}
            onRotate={onRotate}
            onRevoke={onRevoke}
          />
        ))}
      </tbody>
    </table>
  );
}

interface KeyRowProps extends Pick<KeyTableProps, "onRotate" | "onRevoke"> {
  row: ListedKey;
  used: UsageGroupFigures | undefined;
  isUsageKnown: boolean;
  current: boolean;
}

function KeyRow({ row, used, isUsageKnown, current, onRotate, onRevoke }: KeyRowProps) {
  const state = stateOf(row);
  const notes = stateNotes(row).join("; ");
  const name = oneLine(row.name);
  return (
    <tr id={row.id} aria-current={current ? "true" : undefined} className={`key-${state}`}>
      <th scope="row">{name}</th>
      <td className="key-state" title={notes}>
        <span className="status-shape" aria-hidden="true">
          {SHAPES[state]}
        </span>{" "}
        {state}
        {notes !== "" && <span className="note"> {notes}</span>}
      </td>
      <td className="may-call" title={mayCall(row)}>
        {mayCall(row)}
      </td>
      <td className="wide">{oneLine(row.environment)}</td>
      <td className="wide">
        <code>{oneLine(row.prefix)}…</code>
      </td>
      <td className="wide number">
        <time dateTime={new Date(row.created).toISOString()} title={formatInstant(row.created)}>
          {formatTime(row.created)}
        </time>
      </td>
      <td className="wide number">
        {used ? (
          <Link to="/logs" search={{ key_id: row.id }} aria-label={`${formatCount(used.generations)} calls of ${name}`}>
            {formatCount(used.generations)}
          </Link>
        ) : isUsageKnown ? (
          "0"
        ) : (
          NONE
        )}
      </td>
      <td
        className="number"
        title={used && used.unpriced > 0 ? `${used.unpriced} calls have no known price` : undefined}
      >
        {isUsageKnown ? `${formatCost(used?.cost_nano ?? 0)}${used && used.unpriced > 0 ? " +" : ""}` : NONE}
      </td>
      <td className="actions">
        {state !== "revoked" && (
          <>
            <button
              type="button"
              className="button small"
              aria-label={`Rotate ${name}`}
              disabled={state === "expired"}
              onClick={() => onRotate(row)}
            >
              Rotate
            </button>
            <button type="button" className="button small" aria-label={`Revoke ${name}`} onClick={() => onRevoke(row)}>
              Revoke
            </button>
          </>
        )}
      </td>
    </tr>
  );
}

function mayCall({ models, scopes }: ListedKey): string {
  const names = models.length > 0 ? models.map(oneLine).join(", ") : "every model";
  if (!scopes.includes("inference")) return scopes.includes("admin") ? "control API" : "only send events";
  return scopes.includes("admin") ? `${names}, control API` : names;
}
