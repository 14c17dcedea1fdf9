import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { generationQuery } from "../../api/generations.ts";
import { GenerationView } from "../generation/GenerationView.tsx";

interface PeekProps {
  id: string;
  onStep(step: 1 | -1): void;
  onClose(): void;
}

/** A generation beside the list. */
export function Peek({ id, onStep, onClose }: PeekProps) {
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

/** A generation by id, with what stands there until it is loaded or where it can't be. */
export function LoadedGeneration({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(generationQuery(id));
  if (data) return <GenerationView generation={data} />;
  if (!error) return <div className="skeleton" role="status" aria-label="Loading the generation" />;
  return (
    <div className="no-rows" role="alert">
      <h2>This generation could not be loaded</h2>
      <p>{error.message}</p>
      <button type="button" className="button" onClick={() => refetch()}>
        Retry now
      </button>
    </div>
  );
}
