import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { bareName, OPEN_MODULES, reasonClosed } from "./modules.ts";

/** Takes what the code prints. */
export type Log = (text: string) => void;

/** Modules of Node in whose place a project's code gets something smaller, by name. */
export function standIns(env: Record<string, string>, log: Log): Record<string, object> {
  const { getBuiltinModule } = process;
  const made: Record<string, object> = {
    process: standInProcess(env, log),
    async_hooks: { AsyncLocalStorage, AsyncResource },
    module: { createRequire: () => requireOpen },
    os: { EOL: "\n", arch: () => "", endianness: () => "LE", platform: () => "linux", type: () => "Linux" },
  };
  const open = new Set(OPEN_MODULES);
  function requireOpen(specifier: string): unknown {
    const name = bareName(specifier);
    if (Object.hasOwn(made, name)) return made[name];
    if (open.has(name)) return getBuiltinModule(`node:${name}`);
    throw new Error(`${specifier}: ${reasonClosed(name)}`);
  }
  return made;
}

const REFUSED = ["abort", "chdir", "dlopen", "exit", "kill"];
const IGNORED = ["addListener", "off", "on", "once", "removeAllListeners", "removeListener"];

/** Enough for a package to look around, and nothing that does anything. */
function standInProcess(env: Record<string, string>, log: Log): object {
  const { arch, hrtime, nextTick, platform, release, version, versions } = process;
  const ignore = () => made;
  const stream = { isTTY: false, on: ignore, once: ignore, write: (text: unknown) => (log(String(text)), true) };
  const refused = REFUSED.map((name) => [name, () => refuse(`process.${name}`)]);
  const made = {
    arch,
    argv: ["node"],
    cwd: () => "/",
    emitWarning: (warning: unknown) => log(String(warning)),
    env: { ...env },
    execArgv: [],
    hrtime,
    nextTick,
    pid: 1,
    platform,
    release: { name: release.name },
    stderr: stream,
    stdout: stream,
    uptime: () => performance.now() / 1000,
    version,
    versions: { ...versions },
    ...(Object.fromEntries(refused) as object),
    ...Object.fromEntries(IGNORED.map((name) => [name, ignore])),
  };
  return made;
}

function refuse(what: string): never {
  throw new Error(`${what} is closed to a project's code`);
}

const METHODS = ["debug", "error", "info", "log", "trace", "warn"] as const;

export function replaceConsole(log: Log): void {
  for (const name of METHODS) console[name] = (...all: unknown[]) => log(all.map(textOf).join(" "));
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return value instanceof Error ? (value.stack ?? value.message) : (JSON.stringify(value) ?? String(value));
  } catch {
    return "something that cannot be printed";
  }
}
