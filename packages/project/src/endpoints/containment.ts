import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import type { Plugin } from "rolldown";
import type { BundleProblem } from "../bundle.ts";
import { importPlace } from "./import-place.ts";

/** What a bundle may be made of, besides packages. */
const CODE = /\.(?:[cm]?[jt]sx?|json)$/;
/** Keys lie in the first, everything said and logged in the second. */
const PRIVATE = /^\.(?:env|git|flywheel)(?:\.|$)/;

/**
 * The bundler reads files with our rights, and what it reads ends up in the user's code: so it takes code and JSON, of the
 * project and the repository around it, and nothing else.
 */
export function containment(dir: string, ours: readonly string[], problems: BundleProblem[]): Plugin {
  const root = realpathSync(repositoryOf(dir) ?? dir);
  const framework = ours.map((file) => dirname(realpathSync(file)) + sep);

  function objection(path: string): string | undefined {
    if (!path.startsWith("/") || framework.some((folder) => path.startsWith(folder))) return undefined;
    const steps = relative(root, path).split(sep);
    const isPackage = path.includes(`${sep}node_modules${sep}`);
    if (steps[0] === ".." && !isPackage) return `lies outside of ${root}`;
    if (steps.some((step) => PRIVATE.test(step))) return "is private";
    return CODE.test(basename(path)) || isPackage ? undefined : "is neither code nor JSON";
  }

  return {
    name: "containment",
    async resolveId(source, importer, options) {
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
      const path = resolved && resolved.external === false ? (resolved.id.split("?", 1)[0] ?? "") : "";
      const why = objection(path);
      if (why === undefined) return resolved;
      const file = importer ?? path;
      problems.push({ file, ...importPlace(source, file), message: `${source} ${why}, so it cannot be imported` });
      // In its place there is nothing: the problem is told, and its text goes nowhere.
      return { id: `\0flywheel:refused:${problems.length}`, external: false };
    },
    load: (id) => (id.startsWith("\0flywheel:refused:") ? "module.exports = {};" : undefined),
  };
}

function repositoryOf(dir: string): string | undefined {
  if (existsSync(join(dir, ".git"))) return dir;
  const parent = dirname(dir);
  return parent === dir ? undefined : repositoryOf(parent);
}
