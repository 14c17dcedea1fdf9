import { QueryCache, QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/client.ts";
import { logIn, sessionQuery, takeTokenFromAddress } from "./api/session.ts";
import { applyTheme, storedTheme } from "./components/shell/theme.ts";
import { NoAnswer } from "./components/logs/NoRows.tsx";
import { LoginPage } from "./pages/LoginPage.tsx";
import { router } from "./routes.tsx";

const client = new QueryClient({
  defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false } },
  queryCache: new QueryCache({
    onError(error, query) {
      const expired = error instanceof ApiError && error.status === 401;
      if (expired && query.queryKey[0] !== "session") client.setQueryData(sessionQuery.queryKey, false);
    },
  }),
});

/** The pages for who is logged in, the login for who is not. */
function Studio({ refused }: { refused: boolean }) {
  const { data: loggedIn, error, refetch } = useQuery(sessionQuery);
  if (loggedIn === true) return <RouterProvider router={router} />;
  if (loggedIn === false) return <LoginPage refused={refused} />;
  return error ? <NoAnswer error={error} onRetry={() => refetch()} /> : null;
}

applyTheme(storedTheme());
const token = takeTokenFromAddress();
const refused =
  token !== null &&
  (await logIn(client, token).then(
    () => false,
    () => true,
  ));
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <Studio refused={refused} />
    </QueryClientProvider>
  </StrictMode>,
);
