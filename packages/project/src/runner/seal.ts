import crypto from "node:crypto";
import { registerHooks, syncBuiltinESMExports } from "node:module";
import { bareName, BUNDLE_URL, OPEN_MODULES, reasonClosed } from "./modules.ts";
import { type Log, replaceConsole, standIns } from "./stand-ins.ts";

// Node's permission model closes files, network, processes, threads and native code below JavaScript. What it leaves open
// (signals to other processes, their priority, ending this one, a way to Node's own bindings) is taken away here, before
// any code of the user's is there.

/**
 * Leave this process with little more than the language. Returns what runs `code`, once.
 *
 * @param env all that `process.env` will hold
 */
export function seal(code: string, env: Record<string, string>, log: Log): () => Promise<object> {
  const real = process;
  const replacements = standIns(env, log);
  replaceConsole(log);
  for (const name of CLOSED_GLOBALS) Reflect.deleteProperty(globalThis, name);
  replaceGlobal("process", replacements["process"]);
  Reflect.deleteProperty(crypto, "setEngine");
  syncBuiltinESMExports();
  closeModules(code, replacements);
  strip(real);
  return () => import(BUNDLE_URL) as Promise<object>;
}

const CLOSED_GLOBALS = ["BroadcastChannel", "EventSource", "WebSocket", "localStorage", "navigator", "sessionStorage"];

function replaceGlobal(key: PropertyKey, value: unknown): void {
  Object.defineProperty(globalThis, key, { value, writable: true, configurable: true, enumerable: false });
}

const STAND_IN = "flywheel:";

/** Every `import`, `import()` and `require` comes through here, whoever asks. */
function closeModules(code: string, replacements: Record<string, object>): void {
  const open = new Set(OPEN_MODULES);
  const key = Symbol.for("flywheel.modules");
  replaceGlobal(key, replacements);

  function sourceOf(name: string): string {
    const exports = Object.keys(replacements[name]!).join(", ");
    return `const { ${name}: it } = globalThis[Symbol.for("${key.description}")];
      export default it; export const { ${exports} } = it;`;
  }

  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === BUNDLE_URL) return { url: BUNDLE_URL, format: "module", shortCircuit: true };
      const name = bareName(specifier);
      if (Object.hasOwn(replacements, name)) return { url: STAND_IN + name, format: "module", shortCircuit: true };
      if (open.has(name)) return next(`node:${name}`, context);
      throw new Error(`${specifier}: ${reasonClosed(name)}`);
    },
    load(url, context, next) {
      if (!url.startsWith(STAND_IN)) return next(url, context);
      const source = url === BUNDLE_URL ? code : sourceOf(url.slice(STAND_IN.length));
      return { format: "module", source, shortCircuit: true };
    },
  });
}

/** What Node itself needs of `process` while it runs. */
const KEPT = new Set([
  "_events",
  "_eventsCount",
  "_exiting",
  "_fatalException",
  "_maxListeners",
  "_tickCallback",
  "arch",
  "config",
  "domain",
  "emitWarning",
  "execArgv",
  "features",
  "nextTick",
  "platform",
  "release",
  "version",
  "versions",
]);

/** A reference to the real `process` can always be come by, so it must be worth nothing. */
function strip(real: NodeJS.Process): void {
  Reflect.deleteProperty(Object.getPrototypeOf(real) as object, "constructor");
  for (const key of Reflect.ownKeys(real))
    if (typeof key === "string" && !KEPT.has(key)) Reflect.deleteProperty(real, key);
  Object.defineProperties(real, {
    // Node's own code asks for these,
    cwd: { value: () => "/" },
    env: { value: {} },
    // and would set this one again, with the first message channel.
    chdir: { get: () => undefined, set() {} },
  });
}
