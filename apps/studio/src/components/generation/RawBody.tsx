import { useMemo, useState } from "react";
import { formatBytes } from "../../text/format.ts";
import { indentBody } from "../../text/indent.ts";
import { CopyButton } from "../text/CopyButton.tsx";
import { SafeText } from "../text/SafeText.tsx";

/** A body as it went over the wire, indented unless one asks for it as it was. Laid out only when opened. */
export function RawBody({ title, body }: { title: string; body: string }) {
  const [open, setOpen] = useState(false);
  const [raw, setRaw] = useState(false);
  const size = useMemo(() => formatBytes(new TextEncoder().encode(body).length), [body]);
  return (
    <details className="raw" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {title} <span className="note">{size}</span>
      </summary>
      {open && (
        <>
          <div className="raw-actions">
            <CopyButton text={body} label="Copy" className="button small" />
            <button type="button" className="button small" aria-pressed={raw} onClick={() => setRaw(!raw)}>
              As sent
            </button>
          </div>
          <RawText body={body} raw={raw} />
        </>
      )}
    </details>
  );
}

function RawText({ body, raw }: { body: string; raw: boolean }) {
  const text = useMemo(() => (raw ? body : indentBody(body)), [body, raw]);
  return text === "" ? <p className="note">Empty.</p> : <SafeText text={text} code />;
}
