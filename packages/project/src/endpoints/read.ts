import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Diagnostic, JsonSchema } from "@flywheel/protocol";
import type { Plugin } from "rolldown";
import type { BundleAnswer, BundleProblem } from "../bundle.ts";
import { FRAMEWORK } from "../framework.ts";
import { bundleModule } from "../rolldown.ts";
import { closedModules } from "./closed-modules.ts";
import { containment } from "./containment.ts";
import { type DefinitionSource, definitionSource } from "./definition-source.ts";
import { discoverEndpoints, ENDPOINTS_DIR, type EndpointFile } from "./discover.ts";

/** What the type checker says of one endpoint. */
export interface EndpointTypes {
  input: JsonSchema;
  /** `null`: text. */
  output: JsonSchema | null;
}

/** What the type checker says of a project's endpoints, by absolute path of their files. */
export interface TypesRead {
  types: Record<string, EndpointTypes>;
  diagnostics: Diagnostic[];
}

export type ReadTypes = (dir: string, files: readonly string[]) => Promise<TypesRead> | TypesRead;

/** An endpoint as its source and its types say it; what its code says is not known yet. */
export interface EndpointSource extends DefinitionSource {
  name: string;
  /** Relative to the project. */
  file: string;
  types: EndpointTypes | undefined;
  /** It is TypeScript: where it has no `types`, the reader says why. */
  isTyped: boolean;
}

/** A project's endpoints as they are written: one bundle of their code, not run yet. */
export interface EndpointSources {
  /** Hash of the bundle and of the types. */
  id: string;
  endpoints: EndpointSource[];
  code: string;
  map: string;
  /** Files and folders that all this depends on, there or not; absolute. */
  files: string[];
  diagnostics: Diagnostic[];
}

const ENTRY = "\0flywheel:endpoints";

/**
 * Discover, bundle and read the types of a project's endpoints, but for the files of `without`, relative to the project.
 * What is wrong with them is in `diagnostics`; never throws for it.
 */
export async function readEndpoints(
  dir: string,
  without: readonly string[],
  readTypes: ReadTypes,
): Promise<EndpointSources> {
  const { folders, ...found } = discoverEndpoints(dir);
  const files = found.files.filter(({ path }) => !without.includes(relative(dir, path)));
  const diagnostics = found.diagnostics.filter(({ file }) => !without.includes(file));
  const paths = files.map(({ path }) => path);
  const typed = files.filter(({ isTyped }) => isTyped).map(({ path }) => path);
  if (files.length === 0) return { ...NOTHING, files: folders, diagnostics };
  const [bundle, types] = await Promise.all([
    bundleEndpoints(dir, files),
    typed.length > 0 ? readTypes(dir, typed) : NO_TYPES,
  ]);
  const endpoints = files.map((file): EndpointSource => {
    const source = definitionSource(file.path, readFileSync(file.path, "utf8"));
    const { name, isTyped } = file;
    return { name, file: relative(dir, file.path), isTyped, types: types.types[file.path], ...source };
  });
  const problems = bundle.problems.map(({ file, line, column, message }): Diagnostic => {
    return { file: relative(dir, file), ...(line > 0 && { line, column }), message };
  });
  return {
    id: hashOf(bundle.code, endpoints),
    endpoints,
    code: bundle.code,
    map: bundle.map,
    files: [...new Set([...folders, ...paths, ...bundle.files])],
    // A file that cannot be parsed is no news to the type checker: once is enough.
    diagnostics: [...diagnostics, ...(problems.length > 0 ? problems : types.diagnostics)],
  };
}

const NO_TYPES: TypesRead = { types: {}, diagnostics: [] };
const NOTHING: EndpointSources = { id: "none", endpoints: [], code: "", map: "", files: [], diagnostics: [] };

function hashOf(code: string, endpoints: EndpointSource[]): string {
  const hash = createHash("sha256").update(code).update(JSON.stringify(endpoints));
  return hash.digest("hex").slice(0, 16);
}

/** Every endpoint in one module, whose default export holds the files' exports by the endpoints' names. */
async function bundleEndpoints(dir: string, files: EndpointFile[]): Promise<BundleAnswer> {
  const imports = files.map(({ path }, i) => `import * as e${i} from ${JSON.stringify(path)};`);
  const entries = files.map(({ name }, i) => `${JSON.stringify(name)}: e${i}`);
  const text = `${imports.join("\n")}\nexport default { ${entries.join(", ")} };`;
  const entry: Plugin = {
    name: "endpoints",
    resolveId: (source) => (source === ENTRY ? ENTRY : undefined),
    load: (id) => (id === ENTRY ? text : undefined),
  };
  const place = join(dir, ENDPOINTS_DIR, "index.ts");
  const refused: BundleProblem[] = [];
  const plugins = [entry, containment(dir, Object.values(FRAMEWORK), refused), closedModules(refused)];
  const answer = await bundleModule({ file: ENTRY, dir, place, framework: FRAMEWORK }, plugins);
  return { ...answer, problems: [...refused, ...answer.problems] };
}
