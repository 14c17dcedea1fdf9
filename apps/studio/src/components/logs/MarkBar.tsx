interface MarkBarProps {
  marked: readonly string[];
  onCompare(): void;
  onClear(): void;
}

/** What is marked for comparison, and what to do next. */
export function MarkBar({ marked, onCompare, onClear }: MarkBarProps) {
  if (marked.length === 0) return null;
  return (
    <div className="banner mark-bar" role="status">
      <span>
        {marked.length === 1 ? (
          <>
            ◆ One generation is marked. <kbd>X</kbd> marks another.
          </>
        ) : (
          <>
            ◆ Two generations are marked. <kbd>V</kbd> compares them.
          </>
        )}
      </span>
      <span className="mark-actions">
        <button type="button" className="button" disabled={marked.length < 2} aria-keyshortcuts="v" onClick={onCompare}>
          Compare
        </button>
        <button type="button" className="button" onClick={onClear}>
          Unmark
        </button>
      </span>
    </div>
  );
}
