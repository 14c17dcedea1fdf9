import { parseSync } from "rolldown/utils";
import { type LineColumn, lineColumn } from "./line-column.ts";

/** How an endpoint is written, as far as one can tell without running it. */
export interface DefinitionSource {
  /** The comment above the definition, without its stars; "" where there is none. */
  description: string;
  /** Of the definition. */
  place: LineColumn;
  /** Of each of its keys. */
  keys: Record<string, LineColumn>;
}

/** As much of a syntax tree's node as is looked at here. */
interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

/** Where the default export of a file is, and what is written above it. A file with syntax errors is all beginning. */
export function definitionSource(path: string, text: string): DefinitionSource {
  const { program, comments } = parseSync(path, text);
  const body = program.body as unknown as Node[];
  const found = defaultExport(body);
  const at = (offset: number) => lineColumn(text, offset);
  if (!found) return { description: "", place: { line: 1, column: 1 }, keys: {} };
  const object = literalOf(found.value);
  const properties = (object?.["properties"] ?? []) as Node[];
  const named = properties.flatMap((property): [string, LineColumn][] => {
    const key = property["key"] as { name?: string; value?: unknown } | undefined;
    return key ? [[key.name ?? String(key.value), at(property.start)]] : [];
  });
  const above = comments.findLast(({ end }) => end <= found.statement.start);
  const isOwn = above?.value.startsWith("*") && text.slice(above.end, found.statement.start).trim() === "";
  return {
    description: isOwn ? withoutStars(above!.value) : "",
    place: at(found.value.start),
    keys: Object.fromEntries(named),
  };
}

/** `export default …`, or the variable that is exported as the default. */
function defaultExport(body: Node[]): { statement: Node; value: Node } | undefined {
  const statement = body.find(({ type }) => type === "ExportDefaultDeclaration");
  if (!statement) return undefined;
  const value = bare(statement["declaration"] as Node);
  if (value.type !== "Identifier") return { statement, value };
  for (const one of body) {
    const declaration = one.type === "VariableDeclaration" ? one : (one["declaration"] as Node | null | undefined);
    const declarators = (declaration?.["declarations"] ?? []) as Node[];
    const own = declarators.find(({ id }) => (id as { name?: string }).name === value["name"]);
    if (own?.["init"]) return { statement: one, value: bare(own["init"] as Node) };
  }
  return { statement, value };
}

/** Without what only the type checker reads. */
function bare(node: Node): Node {
  const isWrapped = ["TSAsExpression", "TSSatisfiesExpression", "ParenthesizedExpression"].includes(node.type);
  return isWrapped ? bare(node["expression"] as Node) : node;
}

/** The object in `defineEndpoint({ … })`. */
function literalOf(node: Node): Node | undefined {
  const [first] = node.type === "CallExpression" ? (node["arguments"] as Node[]) : [node];
  const value = first && bare(first);
  return value?.type === "ObjectExpression" ? value : undefined;
}

function withoutStars(comment: string): string {
  const lines = comment.replace(/^\*/, "").split("\n");
  return lines
    .map((line) => line.replace(/^\s*\*? ?/, "").trimEnd())
    .join("\n")
    .trim();
}
