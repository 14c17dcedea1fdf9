interface NotLoadedProps {
  /** In the plural: `keys`. */
  what: string;
  error: Error;
  onRetry(): void;
}

/** What stands in place of something that could not be loaded; it is asked for again by itself. */
export function NotLoaded({ what, error, onRetry }: NotLoadedProps) {
  return (
    <div className="no-rows" role="alert">
      <h2>The {what} could not be loaded</h2>
      <p>{error.message}</p>
      <p className="note">This page tries again by itself.</p>
      <button type="button" className="button" onClick={onRetry}>
        Retry now
      </button>
    </div>
  );
}
