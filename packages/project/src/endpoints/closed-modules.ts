import { isBuiltin } from "node:module";
import type { Plugin } from "rolldown";
import type { BundleProblem } from "../bundle.ts";
import { bareName, OPEN_MODULES, reasonClosed } from "../runner/modules.ts";
import { importPlace } from "./import-place.ts";

const PREFIX = "\0flywheel:closed:";
/** The runner has something of its own for these. */
const STOOD_IN = ["async_hooks", "module", "os", "process"];
const OPEN = new Set([...OPEN_MODULES, ...STOOD_IN]);

/**
 * Modules of Node that are closed to a project's code. Where it imports one itself, that is a problem; for a package they
 * become ones that throw where they are used, since many import `fs` and never touch it.
 */
export function closedModules(problems: BundleProblem[]): Plugin {
  return {
    name: "closed-modules",
    resolveId(source, importer) {
      const name = bareName(source);
      if (!isBuiltin(source)) return undefined;
      if (OPEN.has(name)) return { id: `node:${name}`, external: true };
      if (importer && isOwn(importer))
        problems.push({
          file: importer,
          ...importPlace(source, importer),
          message: `${source}: ${reasonClosed(name)}`,
        });
      return `${PREFIX}${name}`;
    },
    load: (id) => (id.startsWith(PREFIX) ? closedModule(id.slice(PREFIX.length)) : undefined),
  };
}

const isOwn = (importer: string) => importer.startsWith("/") && !importer.includes("/node_modules/");

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
