import { apiBaseUrl } from "../../api/server.ts";
import { CopyButton } from "../text/CopyButton.tsx";

/** Nothing logged yet: the command that changes that. */
export function NoRowsYet() {
  const command = [
    `curl ${apiBaseUrl()}/chat/completions \\`,
    `  -H "authorization: Bearer $FLYWHEEL_KEY" \\`,
    `  -H "content-type: application/json" \\`,
    `  -d '{"model":"local/spark","messages":[{"role":"user","content":"Hello"}]}'`,
  ].join("\n");
  return (
    <div className="no-rows">
      <h2>No generations yet</h2>
      <p>Every call to this server becomes a row here. Make one:</p>
      <pre className="command" tabIndex={0}>
        {command}
      </pre>
      <CopyButton text={command} label="Copy the command" shortcut="c" />
      <p className="note">
        <code>$FLYWHEEL_KEY</code> is the key that <code>npm start</code> printed; it is also in{" "}
        <code>.flywheel/dev.key</code>.
      </p>
    </div>
  );
}

export function NothingMatches({ onClear }: { onClear: () => void }) {
  return (
    <div className="no-rows">
      <h2>Nothing matches</h2>
      <p>No generation passes these filters.</p>
      <button type="button" className="button" onClick={onClear}>
        Clear the filters
      </button>
    </div>
  );
}

/** The list could not be loaded; it is asked for again by itself. */
export function NoAnswer({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <div className="no-rows" role="alert">
      <h2>The generations could not be loaded</h2>
      <p>{error.message}</p>
      <p className="note">
        Nothing is lost: calls are recorded first and shown later. This page tries again by itself.
      </p>
      <button type="button" className="button" onClick={onRetry}>
        Retry now
      </button>
    </div>
  );
}

/** The list goes on, but its next page could not be loaded. */
export function OlderFailed({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <div className="banner older-failed" role="alert">
      <span>Older generations could not be loaded. {error.message}</span>
      <button type="button" className="button" onClick={onRetry}>
        Retry
      </button>
    </div>
  );
}
