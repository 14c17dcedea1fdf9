import type { UseQueryResult } from "@tanstack/react-query";
import { LogSkeleton } from "../logs/LogTable.tsx";
import { NotLoaded } from "./NotLoaded.tsx";

interface PendingProps {
  query: Pick<UseQueryResult, "data" | "error" | "refetch">;
  /** As in "The … could not be loaded": `keys`. */
  what: string;
}

/** Until what a page asked for is there: rows to stand in for it, or why it is not. */
export function Pending({ query: { data, error, refetch }, what }: PendingProps) {
  if (data !== undefined) return null;
  if (error) return <NotLoaded what={what} error={error} onRetry={() => refetch()} />;
  return <LogSkeleton what={what} />;
}
