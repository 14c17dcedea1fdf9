import { NoRowsYet } from "../logs/NoRows.tsx";
import { CopyButton } from "../text/CopyButton.tsx";
import { MEASURES } from "./measures.ts";

const SEED = "npm run -s flywheel -- seed";

/** Nothing was ever logged: what fills this page. */
export function NothingYet() {
  return (
    <div className="nothing-yet">
      <NoRowsYet />
      <div className="no-rows">
        <h2>Or look at a sample month first</h2>
        <p>This writes 55,000 generations of an invented shop; none of them is sent to a model.</p>
        <pre className="command" tabIndex={0}>
          {SEED}
        </pre>
        <CopyButton text={SEED} label="Copy the command" />
        <p className="note">
          <code>{SEED} --remove</code> takes them out again.
        </p>
      </div>
    </div>
  );
}

export function NothingThen({ onMonth }: { onMonth: () => void }) {
  return (
    <div className="no-rows">
      <h2>Nothing in this period</h2>
      <p>There are generations, but none of them began then.</p>
      <button type="button" className="button" onClick={onMonth}>
        Show the last 30 days
      </button>
    </div>
  );
}

/** The charts' places until the figures are there; invisible for the first 200 ms. */
export function OverviewSkeleton() {
  return (
    <div className="tiles skeleton-tiles" role="status" aria-label="Loading the figures">
      {MEASURES.map(({ id }) => (
        <div key={id} className="tile">
          <span className="skeleton-line" />
          <span className="skeleton-block" />
        </div>
      ))}
    </div>
  );
}
