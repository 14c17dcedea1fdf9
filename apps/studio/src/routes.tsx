import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { Shell } from "./components/shell/Shell.tsx";
import { GenerationPage } from "./pages/GenerationPage.tsx";
import { NoSuchPage } from "./pages/NoSuchPage.tsx";
import { LogsPage, parseLogsSearch } from "./pages/LogsPage.tsx";
import { parseCompareSearch } from "./text/compare-search.ts";
import { parseOverviewSearch } from "./text/overview-search.ts";
import {
  parseDatasetsSearch,
  parseEndpointsSearch,
  parseKeysSearch,
  parseModelsSearch,
  parsePlaygroundSearch,
} from "./text/page-search.ts";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NoSuchPage,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/overview" });
  },
});
const overview = createRoute({
  getParentRoute: () => root,
  path: "/overview",
  validateSearch: parseOverviewSearch,
  component: lazyRouteComponent(() => import("./pages/OverviewPage.tsx"), "OverviewPage"),
});
const logs = createRoute({
  getParentRoute: () => root,
  path: "/logs",
  validateSearch: parseLogsSearch,
  component: LogsPage,
});
const compare = createRoute({
  getParentRoute: () => root,
  path: "/logs/compare",
  validateSearch: parseCompareSearch,
  component: lazyRouteComponent(() => import("./pages/ComparePage.tsx"), "ComparePage"),
});
const generation = createRoute({ getParentRoute: () => root, path: "/logs/$id", component: GenerationPage });
const models = createRoute({
  getParentRoute: () => root,
  path: "/models",
  validateSearch: parseModelsSearch,
  component: lazyRouteComponent(() => import("./pages/ModelsPage.tsx"), "ModelsPage"),
});
const playground = createRoute({
  getParentRoute: () => root,
  path: "/playground",
  validateSearch: parsePlaygroundSearch,
  component: lazyRouteComponent(() => import("./pages/PlaygroundPage.tsx"), "PlaygroundPage"),
});
const endpoints = createRoute({
  getParentRoute: () => root,
  path: "/endpoints",
  validateSearch: parseEndpointsSearch,
  component: lazyRouteComponent(() => import("./pages/EndpointsPage.tsx"), "EndpointsPage"),
});
const keys = createRoute({
  getParentRoute: () => root,
  path: "/keys",
  validateSearch: parseKeysSearch,
  component: lazyRouteComponent(() => import("./pages/KeysPage.tsx"), "KeysPage"),
});
const datasets = createRoute({
  getParentRoute: () => root,
  path: "/datasets",
  validateSearch: parseDatasetsSearch,
  component: lazyRouteComponent(() => import("./pages/DatasetsPage.tsx"), "DatasetsPage"),
});
const dataset = createRoute({
  getParentRoute: () => root,
  path: "/datasets/$name",
  component: lazyRouteComponent(() => import("./pages/DatasetPage.tsx"), "DatasetPage"),
});
const jobs = createRoute({
  getParentRoute: () => root,
  path: "/jobs",
  component: lazyRouteComponent(() => import("./pages/JobsPage.tsx"), "JobsPage"),
});
const job = createRoute({
  getParentRoute: () => root,
  path: "/jobs/$id",
  component: lazyRouteComponent(() => import("./pages/JobPage.tsx"), "JobPage"),
});
const deployments = createRoute({
  getParentRoute: () => root,
  path: "/deployments",
  component: lazyRouteComponent(() => import("./pages/DeploymentsPage.tsx"), "DeploymentsPage"),
});
const deployment = createRoute({
  getParentRoute: () => root,
  path: "/deployments/$id",
  component: lazyRouteComponent(() => import("./pages/DeploymentPage.tsx"), "DeploymentPage"),
});
const trial = createRoute({
  getParentRoute: () => root,
  path: "/trials/$id",
  component: lazyRouteComponent(() => import("./pages/TrialPage.tsx"), "TrialPage"),
});
const evals = createRoute({
  getParentRoute: () => root,
  path: "/evals",
  component: lazyRouteComponent(() => import("./pages/EvalsPage.tsx"), "EvalsPage"),
});
const evalRun = createRoute({
  getParentRoute: () => root,
  path: "/evals/$id",
  component: lazyRouteComponent(() => import("./pages/EvalPage.tsx"), "EvalPage"),
});
const wheel = [datasets, dataset, jobs, job, evals, evalRun, deployments, deployment, trial];

/** The table of contents. */
export const router = createRouter({
  routeTree: root.addChildren([
    home,
    overview,
    logs,
    compare,
    generation,
    models,
    playground,
    keys,
    endpoints,
    ...wheel,
  ]),
  basepath: "/studio",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
