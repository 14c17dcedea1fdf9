import { oneLine } from "../../text/escape.ts";
import { formatCount } from "../../text/format.ts";
import { stepTo } from "../../text/json.ts";
import { SafeText } from "../text/SafeText.tsx";

/** What is laid out of a list or an object, and of one within another; the rest is in the answer's JSON. */
const MOST_MEMBERS = 200;
const DEEPEST = 24;

interface ValueTreeProps {
  value: unknown;
  /** JSON Pointer of this value. */
  path?: string;
  depth?: number;
  /** JSON Pointers of what does not change any more. */
  finals: ReadonlySet<string>;
  /** All of it is there. */
  done: boolean;
}

/** An output as it comes: each member under its name, with a sign on what is still being written. */
export function ValueTree({ value, path = "", depth = 0, finals, done }: ValueTreeProps) {
  if (typeof value === "string") return <SafeText text={value} />;
  if (typeof value !== "object" || value === null) return <code>{JSON.stringify(value)}</code>;
  const entries = Object.entries(value);
  if (entries.length === 0) return <span className="note">{Array.isArray(value) ? "[]" : "{}"}</span>;
  if (depth === DEEPEST) return <span className="note">… deeper than is shown here</span>;
  return (
    <dl className="value-tree">
      {entries.slice(0, MOST_MEMBERS).map(([name, part]) => {
        const at = stepTo(path, name);
        const isFinal = done || finals.has(at);
        return (
          <div key={name} className={isFinal ? undefined : "coming"}>
            <dt>{oneLine(name)}</dt>
            <dd>
              <ValueTree value={part} path={at} depth={depth + 1} finals={finals} done={done} />
              {!isFinal && <span className="note"> …</span>}
            </dd>
          </div>
        );
      })}
      {entries.length > MOST_MEMBERS && (
        <div>
          <dt>…</dt>
          <dd className="note">{formatCount(entries.length - MOST_MEMBERS)} more</dd>
        </div>
      )}
    </dl>
  );
}
