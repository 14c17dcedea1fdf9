// A rule for the linter: who may import what. It is DESIGN's layers and "one place for each dangerous thing" as data.

/** From the bottom up. A package may import those of any lower row, never its own row's. */
const LAYERS: Record<string, string[]> = {
  foundation: ["protocol", "framework", "events"],
  ports: ["providers", "store", "schema"],
  engines: [
    "project",
    "functions",
    "retrieval",
    "grounding",
    "guard",
    "provenance",
    "analysis",
    "evals",
    "hooks",
    "local",
  ],
  services: ["gateway", "tuning", "deploy"],
};

/** Narrower than the layers say. */
const NEVER: { from: string; to: string; why: string }[] = [
  { from: "packages/gateway", to: "store", why: "the gateway is handed what it needs of the store" },
  ...["providers", "store", "gateway", "project", "guard", "local"].map((to) => ({
    from: "apps/studio",
    to,
    why: "the studio is a client of the HTTP API",
  })),
];

/** Apps that apps may import. Everything else in `apps` stands alone. */
const APP_IMPORTS: Record<string, string[]> = { "apps/cli": ["server"], "apps/server": ["studio"] };

/** Modules that only some folders may import. Tests may import anything of Node's and npm's. */
const DANGEROUS: { modules: RegExp; folders: string[]; what: string }[] = [
  {
    modules: /^(?:node:)?(?:child_process|cluster)$/,
    folders: ["apps/server", "apps/cli/bin", "packages/project"],
    what: "processes are started",
  },
  { modules: /^(?:kysely|chdb|@clickhouse\/client)(?:\/|$)/, folders: ["packages/store"], what: "SQL is spoken" },
  { modules: /^(?:node:)?process$/, folders: ["apps"], what: "the environment is read" },
  { modules: /^node-llama-cpp(?:\/|$)/, folders: ["packages/local"], what: "models are run" },
  { modules: /^rolldown(?:\/|$)/, folders: ["packages/project"], what: "a user's code is bundled" },
];

const OUR_NAME = /^(?:@flywheel\/([a-z-]+)|(flywheel))(?:\/|$)/;
const PACKAGE_PATH = /(?:^|\/)((?:packages|apps)\/([a-z-]+))\/(.*)$/;
const TEST_PATH = /\.test\.tsx?$|\/conformance\.ts$|(?:^|\/)(?:tests?|bench|models)\//;

/** Why a file may not import a module; `undefined` where it may. `path` is the file's, from the repository or absolute. */
export function objection(path: string, module: string): string | undefined {
  return danger(path, module) ?? leaving(path, module) ?? upward(path, module);
}

function danger(path: string, module: string): string | undefined {
  if (TEST_PATH.test(path)) return undefined;
  const rule = DANGEROUS.find(({ modules }) => modules.test(module));
  if (!rule || rule.folders.some((folder) => `/${path}`.includes(`/${folder}/`))) return undefined;
  return `${module}: ${rule.what} only in ${rule.folders.join(", ")}.`;
}

function leaving(path: string, module: string): string | undefined {
  const own = PACKAGE_PATH.exec(path);
  if (!own || !module.startsWith(".")) return undefined;
  const target = new URL(module, `file:///${own[1]}/${own[3]}`).pathname;
  if (target.startsWith(`/${own[1]}/`) || TEST_PATH.test(path)) return undefined;
  return `${module} leaves its package: import another package by its name, so that it can say what it offers.`;
}

function upward(path: string, module: string): string | undefined {
  const own = PACKAGE_PATH.exec(path);
  const [, named, framework] = OUR_NAME.exec(module) ?? [];
  const to = named ?? (framework && "framework");
  if (!own || !to) return undefined;
  const [, from, name] = own as unknown as [string, string, string];
  const never = NEVER.find((rule) => rule.from === from && rule.to === to);
  if (never) return `${from} never imports ${to}: ${never.why}.`;
  if (from.startsWith("apps/") && (rowOf(to) >= 0 || APP_IMPORTS[from]?.includes(to))) return undefined;
  if (from.startsWith("packages/") && rowOf(to) >= 0 && rowOf(to) < rowOf(name)) return undefined;
  return `${from} may not import ${to}: imports point to a lower layer, never up or sideways.`;
}

/** -1 for what is not a package. */
const rowOf = (name: string) => Object.values(LAYERS).findIndex((names) => names.includes(name));

interface Source {
  value?: unknown;
}

interface RuleContext {
  filename: string;
  report(problem: { node: unknown; message: string }): void;
}

function create(context: RuleContext) {
  const check = (source: Source | null | undefined) => {
    const message = typeof source?.value === "string" ? objection(context.filename, source.value) : undefined;
    if (message) context.report({ node: source, message });
  };
  const checkSource = (node: { source?: Source | null }) => check(node.source);
  return {
    ImportDeclaration: checkSource,
    ExportNamedDeclaration: checkSource,
    ExportAllDeclaration: checkSource,
    ImportExpression: checkSource,
    TSImportType: checkSource,
  };
}

export default { meta: { name: "flywheel" }, rules: { imports: { create } } };
