import { useMemo, useState } from "react";
import { segments } from "../../text/escape.ts";
import { formatCount } from "../../text/format.ts";

/** What is shown of a long text before one asks for all of it, in UTF-16 units. */
const SHOWN = 20_000;
/** Long texts are laid out in blocks, so that the browser skips those out of sight. */
const BLOCK = 8_000;

interface SafeTextProps {
  text: string;
  /** Code is set in the fixed-width face. */
  code?: boolean;
}

/** Text from outside: never HTML, white space kept, what would act on the page shown as escapes, long text cut short. */
export function SafeText({ text, code = false }: SafeTextProps) {
  const [whole, setWhole] = useState(false);
  const cut = !whole && text.length > SHOWN;
  const shown = cut ? text.slice(0, SHOWN) : text;
  const blocks = useMemo(() => splitBlocks(shown), [shown]);
  return (
    <>
      <div className={code ? "text code" : "text"} dir="auto">
        {blocks.map((block, index) => (
          <TextBlock key={index} text={block} />
        ))}
      </div>
      {cut && (
        <button type="button" className="link" onClick={() => setWhole(true)}>
          Show all {formatCount(text.length)} characters
        </button>
      )}
    </>
  );
}

function TextBlock({ text }: { text: string }) {
  return (
    <div className="text-block">
      {segments(text).map((part, index) =>
        part.escaped ? (
          <span key={index} className="escape">
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
    </div>
  );
}

/** Cuts at line ends only: a block is an element, and a cut elsewhere would show as a line end. */
function splitBlocks(text: string): string[] {
  const blocks: string[] = [];
  let start = 0;
  while (text.length - start > BLOCK) {
    const end = text.indexOf("\n", start + BLOCK);
    if (end === -1) break;
    blocks.push(text.slice(start, end));
    start = end + 1;
  }
  blocks.push(text.slice(start));
  return blocks;
}
