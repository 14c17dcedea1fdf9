import { ApiError } from "../../api/client.ts";

interface NotLoadedProps {
  /** In the plural: `keys`. */
  what: string;
  error: Error;
  onRetry(): void;
}

/** What stands in place of something that is not there, or could not be loaded and is asked for again by itself. */
export function NotLoaded({ what, error, onRetry }: NotLoadedProps) {
  if (error instanceof ApiError && error.status === 404)
    return (
      <div className="no-rows" role="alert">
        <h2>There is nothing under this address</h2>
        <p>{error.message}</p>
      </div>
    );
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
