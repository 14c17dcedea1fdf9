import { useMemo, useState } from "react";
import { diffLines, type Piece } from "../../text/diff.ts";
import { segments } from "../../text/escape.ts";
import { formatCount } from "../../text/format.ts";

/** What is compared of a long text before one asks for all of it, in UTF-16 units; and how many lines are laid out. */
const SHOWN = 20_000;
const MOST_LINES = 2_000;

interface DiffViewProps {
  /** What is compared. */
  title: string;
  left: string;
  right: string;
}

/** Two texts side by side, what differs marked. Harmless whatever stands in them. */
export function DiffView({ title, left, right }: DiffViewProps) {
  const [whole, setWhole] = useState(false);
  const longest = Math.max(left.length, right.length);
  const limit = whole ? longest : SHOWN;
  const pairs = useMemo(() => diffLines(left.slice(0, limit), right.slice(0, limit)), [left, right, limit]);
  if (longest === 0) return <p className="note">Neither has any.</p>;
  if (left === right)
    return (
      <>
        <p className="note">Both are the same.</p>
        <div className="diff diff-one">
          <div className="diff-line">
            <Side pieces={[{ text: left.slice(0, limit), changed: false }]} kind="left" />
          </div>
        </div>
        {longest > limit && <ShowAll length={longest} onAll={() => setWhole(true)} />}
      </>
    );
  return (
    <>
      <div className="diff" role="group" tabIndex={0} aria-label={`${title}, side by side`}>
        {pairs.slice(0, MOST_LINES).map((pair, index) => (
          <div key={index} className={pair.same ? "diff-line" : "diff-line differs"}>
            <Side pieces={pair.left} kind="left" />
            <Side pieces={pair.right} kind="right" />
          </div>
        ))}
      </div>
      {longest > limit && <ShowAll length={longest} onAll={() => setWhole(true)} />}
      {pairs.length > MOST_LINES && (
        <p className="note">{formatCount(pairs.length - MOST_LINES)} more lines are on the generations' own pages.</p>
      )}
    </>
  );
}

function ShowAll({ length, onAll }: { length: number; onAll: () => void }) {
  return (
    <button type="button" className="link" onClick={onAll}>
      Compare all {formatCount(length)} characters
    </button>
  );
}

/** One side of a line. A sign says what a colour says. */
function Side({ pieces, kind }: { pieces: Piece[] | null; kind: "left" | "right" }) {
  if (pieces === null) return <div className="diff-side diff-none" />;
  const changed = pieces.some((piece) => piece.changed);
  const Changed = kind === "left" ? "del" : "ins";
  return (
    <div className={`diff-side diff-${kind}`}>
      <span className="diff-sign" aria-hidden="true">
        {changed ? (kind === "left" ? "−" : "+") : ""}
      </span>
      <div className="text" dir="auto">
        {pieces.map((piece, index) =>
          piece.changed ? (
            <Changed key={index}>
              <Harmless text={piece.text} />
            </Changed>
          ) : (
            <Harmless key={index} text={piece.text} />
          ),
        )}
      </div>
    </div>
  );
}

function Harmless({ text }: { text: string }) {
  return segments(text).map((part, index) =>
    part.escaped ? (
      <span key={index} className="escape">
        {part.text}
      </span>
    ) : (
      part.text
    ),
  );
}
