import { Link } from "@tanstack/react-router";
import { LoadedGeneration } from "../generation/LoadedGeneration.tsx";

interface PeekProps {
  id: string;
  /** For comparison with another. */
  marked: boolean;
  onMark(id: string): void;
  onStep(step: 1 | -1): void;
  onClose(): void;
}

/** A generation beside the list. */
export function Peek({ id, marked, onMark, onStep, onClose }: PeekProps) {
  return (
    <aside className="peek" aria-label="Generation">
      <header className="peek-head">
        <button
          type="button"
          className="button quiet"
          aria-label="Next generation"
          aria-keyshortcuts="j"
          onClick={() => onStep(1)}
        >
          ↓
        </button>
        <button
          type="button"
          className="button quiet"
          aria-label="Previous generation"
          aria-keyshortcuts="k"
          onClick={() => onStep(-1)}
        >
          ↑
        </button>
        <Link className="peek-id" to="/logs/$id" params={{ id }}>
          {id}
        </Link>
        <button
          type="button"
          className="button quiet"
          aria-pressed={marked}
          aria-label="Mark for comparison"
          aria-keyshortcuts="x"
          onClick={() => onMark(id)}
        >
          ◆
        </button>
        <button type="button" className="button quiet" aria-label="Close" aria-keyshortcuts="Escape" onClick={onClose}>
          ✕
        </button>
      </header>
      <div className="peek-body" tabIndex={0} role="group" aria-label="Details">
        <LoadedGeneration key={id} id={id} />
      </div>
    </aside>
  );
}
