/** The pages, in the order of the navigation and of the palette. */
export const NAV = [
  { to: "/overview", label: "Overview" },
  { to: "/logs", label: "Logs" },
  { to: "/models", label: "Models" },
  { to: "/playground", label: "Playground" },
  { to: "/keys", label: "Keys" },
  { to: "/endpoints", label: "Endpoints" },
  { to: "/datasets", label: "Datasets" },
  { to: "/jobs", label: "Jobs" },
  { to: "/evals", label: "Evals" },
  { to: "/deployments", label: "Deployments" },
] as const;
