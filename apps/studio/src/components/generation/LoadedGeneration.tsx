import { useQuery } from "@tanstack/react-query";
import { generationQuery } from "../../api/generations.ts";
import { GenerationView } from "./GenerationView.tsx";

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
