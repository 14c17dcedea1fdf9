import { isBuiltin } from "node:module";
import type { Plugin } from "rolldown";
import { bareName, OPEN_MODULES, reasonClosed } from "../runner/modules.ts";

const PREFIX = "\0flywheel:closed:";
/** The runner has something of its own for these. */
const STOOD_IN = ["async_hooks", "module", "os", "process"];
const OPEN = new Set([...OPEN_MODULES, ...STOOD_IN]);

/**
 * Modules of Node that are closed to a project's code become ones that throw where they are used: a package may import
 * `fs` and never touch it.
 */
export function closedModules(): Plugin {
  return {
    name: "closed-modules",
    resolveId(source) {
      const name = bareName(source);
      if (!isBuiltin(source)) return undefined;
      return OPEN.has(name) ? { id: `node:${name}`, external: true } : `${PREFIX}${name}`;
    },
    load: (id) => (id.startsWith(PREFIX) ? closedModule(id.slice(PREFIX.length)) : undefined),
  };
}

/** CommonJS, so that any name may be imported from it. */
function closedModule(name: string): string {
  return `
    const closed = (path) => {
      const refuse = () => { throw new Error(path + ${JSON.stringify(`: ${reasonClosed(name)}`)}); };
      return new Proxy(function () {}, {
        get: (target, key) =>
          key === "prototype" ? target.prototype
          : typeof key === "symbol" || key === "then" || key === "__esModule" ? undefined
          : closed(path + "." + key),
        apply: refuse,
        construct: refuse,
      });
    };
    module.exports = closed(${JSON.stringify(name)});`;
}
