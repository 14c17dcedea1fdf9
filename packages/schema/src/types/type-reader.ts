import { relative } from "node:path";
import type { Diagnostic, JsonSchema } from "@flywheel/protocol";
import { type CheckedProject, type NodeHandle, type Type, type TypeChecker, TypeFlags, openTypeChecker, type TypeCheckerOptions } from "./checker.ts"; // prettier-ignore
import { diagnosticOf, typeErrors } from "./diagnostics.ts";
import { schemaOfType, type SchemaOfType } from "./schema-of-type.ts";

/** The types of an endpoint as schemas. */
export interface EndpointTypes {
  input: JsonSchema;
  /** `null`: text. */
  output: JsonSchema | null;
}

export interface TypesRead {
  /** By absolute path; a file whose types cannot be said is left out. */
  types: Record<string, EndpointTypes>;
  /** Type errors of the project, and types that no schema can say. Files are relative to the project. */
  diagnostics: Diagnostic[];
}

/** Reads types as schemas; keeps the compiler between edits. */
export interface TypeReader {
  /** The default exports of these files, which must be what `defineEndpoint` returns. */
  readEndpoints(files: readonly string[]): TypesRead;
  /** An exported type of a file, by its name. */
  readType(file: string, name: string): { schema: JsonSchema; diagnostics: Diagnostic[] };
  close(): void;
}

const DEFINITION = "EndpointDefinition";

export function openTypeReader(options: TypeCheckerOptions): TypeReader {
  const checker: TypeChecker = openTypeChecker(options);
  const { dir } = options;

  return {
    readEndpoints(files) {
      const project = checker.check(files);
      const read: TypesRead = { types: {}, diagnostics: typeErrors(project, dir) };
      for (const file of files) {
        const { types, diagnostics } = endpointTypes(project, file, dir);
        if (types) read.types[file] = types;
        read.diagnostics.push(...diagnostics);
      }
      return read;
    },
    readType(file, name) {
      const project = checker.check([file]);
      const type = exportsOf(project, file).find((each) => each.name === name);
      if (!type) throw new Error(`${relative(dir, file)} exports no type \`${name}\``);
      const { schema, problems } = schemaOfType(project.checker, project.checker.getDeclaredTypeOfSymbol(type), type.declarations[0]); // prettier-ignore
      return { schema, diagnostics: problems.map((each) => diagnosticOf(project, dir, file, each)) };
    },
    close: () => checker.close(),
  };
}

function exportsOf({ checker, program }: CheckedProject, file: string) {
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  return module ? checker.getExportsOfModule(module) : [];
}

function endpointTypes(
  project: CheckedProject,
  file: string,
  dir: string,
): { types?: EndpointTypes; diagnostics: Diagnostic[] } {
  const { checker } = project;
  const exported = exportsOf(project, file).find(({ name }) => name === "default");
  const type = exported && checker.getTypeOfSymbol(exported);
  if (!type?.isTypeReference() || type.getSymbol()?.name !== DEFINITION) {
    const message = exported ? "the default export is no endpoint" : "there is no default export";
    const suggestion = "Write `export default defineEndpoint<Input, Output>({ … })`.";
    return {
      diagnostics: [diagnosticOf(project, dir, file, { node: exported?.declarations[0], message, suggestion })],
    };
  }
  const [input, output] = checker.getTypeArguments(type) as [Type, Type];
  const node = exported!.declarations[0];
  const given = givenSchemas(node);
  const of = given.has("input") ? GIVEN : schemaOfType(checker, input, node);
  const into = given.has("output") ? GIVEN : isText(output) ? null : schemaOfType(checker, output, node);
  return {
    types: { input: of.schema, output: into && into.schema },
    diagnostics: [...of.problems, ...(into?.problems ?? [])].map((each) => diagnosticOf(project, dir, file, each)),
  };
}

/** Where the definition brings a schema of its own, its type is not what counts. */
const GIVEN: SchemaOfType = { schema: true, problems: [] };

/** As much of `export default defineEndpoint({ … })` as is looked at here. */
interface DefinitionNode {
  expression?: { arguments?: readonly { properties?: readonly { name?: { text?: string } }[] }[] };
}

/** The names of what is written into the definition. */
function givenSchemas(node: NodeHandle | undefined): Set<string | undefined> {
  const definition = (node?.resolve() as DefinitionNode | undefined)?.expression?.arguments?.[0];
  return new Set((definition?.properties ?? []).map(({ name }) => name?.text));
}

const isText = ({ flags }: Type) => (flags & TypeFlags.String) !== 0;
