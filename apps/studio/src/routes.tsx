import { createRootRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";
import { Shell } from "./components/shell/Shell.tsx";
import { GenerationPage } from "./pages/GenerationPage.tsx";
import { LogsPage, parseLogsSearch } from "./pages/LogsPage.tsx";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => <p className="no-rows">There is no such page.</p>,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/logs" });
  },
});
const logs = createRoute({
  getParentRoute: () => root,
  path: "/logs",
  validateSearch: parseLogsSearch,
  component: LogsPage,
});
const generation = createRoute({ getParentRoute: () => root, path: "/logs/$id", component: GenerationPage });

/** The table of contents. */
export const router = createRouter({ routeTree: root.addChildren([home, logs, generation]), basepath: "/studio" });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
