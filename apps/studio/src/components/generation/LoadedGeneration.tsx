import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ApiError } from "../../api/client.ts";
import { generationQuery } from "../../api/generations.ts";
import { GenerationView } from "./GenerationView.tsx";

/** A generation by id, with what stands there until it is loaded or where it can't be. */
export function LoadedGeneration({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(generationQuery(id));
  if (data) return <GenerationView generation={data} />;
  if (!error) return <div className="skeleton" role="status" aria-label="Loading the generation" />;
  if (error instanceof ApiError && error.status === 404) return <NoSuchGeneration />;
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

function NoSuchGeneration() {
  return (
    <div className="no-rows" role="alert">
      <h2>There is no such generation</h2>
      <p>It may have been deleted, or its time may be over; a call of a second ago appears here by itself.</p>
      <Link to="/logs">All generations</Link>
    </div>
  );
}
