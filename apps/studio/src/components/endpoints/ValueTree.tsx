import { oneLine } from "../../text/escape.ts";
import { stepTo } from "../../text/json.ts";
import { SafeText } from "../text/SafeText.tsx";

interface ValueTreeProps {
  value: unknown;
  /** JSON Pointer of this value. */
  path?: string;
  /** JSON Pointers of what does not change any more. */
  finals: ReadonlySet<string>;
  /** All of it is there. */
  done: boolean;
}

/** An output as it comes: each member under its name, with a sign on what is still being written. */
export function ValueTree({ value, path = "", finals, done }: ValueTreeProps) {
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) return <span className="note">{Array.isArray(value) ? "[]" : "{}"}</span>;
    return (
      <dl className="value-tree">
        {entries.map(([name, part]) => {
          const at = stepTo(path, name);
          const isFinal = done || finals.has(at);
          return (
            <div key={name} className={isFinal ? undefined : "coming"}>
              <dt>{oneLine(name)}</dt>
              <dd>
                <ValueTree value={part} path={at} finals={finals} done={done} />
                {!isFinal && <span className="note"> …</span>}
              </dd>
            </div>
          );
        })}
      </dl>
    );
  }
  if (typeof value === "string") return <SafeText text={value} />;
  return <code>{JSON.stringify(value)}</code>;
}
