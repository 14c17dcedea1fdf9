import { FlywheelError } from "@flywheel/protocol";

/** A list as OpenAI pages it. */
export interface WirePage<T> {
  object: "list";
  data: T[];
  has_more: boolean;
  first_id: string;
  last_id: string;
}

/**
 * The page that `after` and `limit` ask for.
 * @param all in order
 * @param isAfter whether one comes after the one with this id, which may be gone by now
 */
export function pageOf<T extends { id: string }>(
  all: readonly T[],
  query: URLSearchParams,
  { limit: usual, isAfter }: { limit: number; isAfter(one: T, id: string): boolean },
): WirePage<T> {
  const after = query.get("after");
  const rest = after === null ? all : all.filter((one) => isAfter(one, after));
  const data = rest.slice(0, readLimit(query.get("limit"), usual));
  const [first, last] = [data[0], data.at(-1)];
  return {
    object: "list",
    data,
    has_more: rest.length > data.length,
    first_id: first?.id ?? "",
    last_id: last?.id ?? "",
  };
}

const MOST = 10_000;

function readLimit(text: string | null, usual: number): number {
  if (text === null) return usual;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw new FlywheelError("invalid_request", { reason: `\`limit\` is a whole number from 1 to ${MOST}.` }, { param: "limit" }); // prettier-ignore
}
