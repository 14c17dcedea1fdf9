/** Modules of Node that a project's code may use as they are: they reach nothing outside their own process. */
export const OPEN_MODULES = [
  "assert",
  "assert/strict",
  "buffer",
  "crypto",
  "diagnostics_channel",
  "events",
  "path",
  "path/posix",
  "path/win32",
  "perf_hooks",
  "punycode",
  "querystring",
  "stream",
  "stream/consumers",
  "stream/promises",
  "stream/web",
  "string_decoder",
  "timers",
  "timers/promises",
  "url",
  "util",
  "util/types",
  "zlib",
];

const FILES = "files are closed to a project's code; `import` what it needs, such as a JSON file";
const NETWORK = "connections are closed to a project's code; use `fetch`, and name the host in `runner.hosts`";
const PROCESSES = "processes and threads are closed to a project's code";

const REASONS: Record<string, string> = {
  fs: FILES,
  "fs/promises": FILES,
  sqlite: FILES,
  net: NETWORK,
  tls: NETWORK,
  http: NETWORK,
  https: NETWORK,
  http2: NETWORK,
  dgram: NETWORK,
  dns: NETWORK,
  "dns/promises": NETWORK,
  child_process: PROCESSES,
  cluster: PROCESSES,
  worker_threads: PROCESSES,
};

/** `node:fs/promises` → `fs/promises` */
export const bareName = (specifier: string): string => specifier.replace(/^node:/, "");

/** Why a module of Node is not to be had. */
export const reasonClosed = (name: string): string => REASONS[name] ?? "not open to a project's code";

/** The address under which the bundle is loaded, in every stack. */
export const BUNDLE_URL = "flywheel:bundle";
