import { existsSync } from "node:fs";
import { join } from "node:path";
import { API, ElementFlags, SymbolFlags, TypeFlags, SignatureKind, type Checker, type NodeHandle, type Program, type Snapshot } from "typescript/unstable/sync"; // prettier-ignore

// The one file that knows TypeScript's API, which is called unstable.

export { ElementFlags, SignatureKind, SymbolFlags, TypeFlags };
export type { Checker, NodeHandle };
export type { Node } from "typescript/unstable/ast";
export type {
  IntersectionType,
  Symbol,
  TemplateLiteralType,
  TupleType,
  Type,
  TypeReference,
  UnionType,
} from "typescript/unstable/sync";

/** A project as the compiler sees it at one moment. */
export interface CheckedProject {
  checker: Checker;
  program: Program;
}

export interface TypeCheckerOptions {
  /** The project's folder. Its `tsconfig.json` counts, where it has one. */
  dir: string;
  /** Import specifiers that need no `node_modules`, and their files. */
  modules: Readonly<Record<string, string>>;
  /** Declares what is there at run time, for projects that do not say `"types": ["node"]`. */
  ambient?: string;
}

/** The compiler's process, kept between edits. */
export interface TypeChecker {
  /** The project with these files as they are now. What was given before is not to be used any more. */
  check(files: readonly string[]): CheckedProject;
  close(): void;
}

const CONFIG = "flywheel.virtual.tsconfig.json";
const OPTIONS = {
  target: "esnext",
  lib: ["esnext", "dom"],
  module: "preserve",
  moduleResolution: "bundler",
  resolveJsonModule: true,
  strict: true,
  types: [],
};
/** Whatever the project says, these hold: nothing is written, and types are as exact as they are served. */
const HELD = { noEmit: true, strictNullChecks: true, skipLibCheck: true, allowImportingTsExtensions: true, composite: false, incremental: false }; // prettier-ignore

export function openTypeChecker({ dir, modules, ambient }: TypeCheckerOptions): TypeChecker {
  const config = join(dir, CONFIG);
  const own = join(dir, "tsconfig.json");
  let text = "";
  const api = new API({
    cwd: dir,
    fs: {
      readFile: (name) => (name === config ? text : undefined),
      fileExists: (name) => (name === config ? true : undefined),
    },
  });
  let snapshot: Snapshot | undefined;

  function configText(files: readonly string[]): string {
    const theirs = existsSync(own);
    const options = (theirs ? api.parseConfigFile(own).options : {}) as { paths?: object; types?: string[] };
    const around = ambient === undefined || options.types?.includes("node") ? [] : [ambient];
    const ours = Object.fromEntries(Object.entries(modules).map(([name, file]) => [name, [file]]));
    return JSON.stringify({
      ...(theirs && { extends: own }),
      compilerOptions: { ...(!theirs && OPTIONS), ...HELD, paths: { ...options.paths, ...ours } },
      files: [...around, ...files],
      include: [],
    });
  }

  function next(changes: Parameters<typeof api.updateSnapshot>[0]): void {
    const before = snapshot;
    snapshot = api.updateSnapshot(changes);
    before?.dispose();
  }

  return {
    check(files) {
      const before = text;
      text = configText(files);
      if (!snapshot) next({ openProjects: [config] });
      else {
        if (text !== before) next({ fileChanges: { changed: [config] } });
        next({ fileChanges: { invalidateAll: true } });
      }
      const { checker, program } = snapshot!.getProject(config)!;
      return { checker, program };
    },
    close: () => api.close(),
  };
}
