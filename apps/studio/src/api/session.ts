import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, ApiError } from "./client.ts";

/** Whether this browser may use the control API: `true`, or `false` where it has to show a token first. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }) => {
    try {
      await api("/api/session", { signal });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return false;
      throw error;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
  refetchInterval: (query) => (query.state.status === "error" ? 2000 : false),
});

/** Trades a token for the session cookie. Throws {@link ApiError}, with status 401 where the token is wrong. */
export async function logIn(client: QueryClient, token: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  await api("/api/session", { method: "POST", headers, body: JSON.stringify({ token }) });
  client.setQueryData(sessionQuery.queryKey, true);
}

export async function logOut(client: QueryClient): Promise<void> {
  await api("/api/session", { method: "DELETE" });
  client.setQueryData(sessionQuery.queryKey, false);
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
}

/** Takes `?token=…` out of the address bar, so that it stays in no history, and returns it. */
export function takeTokenFromAddress(): string | null {
  const url = new URL(location.href);
  const token = url.searchParams.get("token");
  if (token === null) return null;
  url.searchParams.delete("token");
  history.replaceState(history.state, "", url);
  return token;
}
