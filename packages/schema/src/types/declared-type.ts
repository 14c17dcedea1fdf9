import { type Checker, type Node, type Symbol, SymbolFlags, type Type, TypeFlags } from "./checker.ts";

/** As much of a property's declaration as is looked at here. */
interface DeclaredType {
  typeName?: Node;
  elementType?: DeclaredType;
  type?: DeclaredType;
  types?: readonly DeclaredType[];
  getText(): string;
}

const NOTHING = new Set(["null", "undefined"]);

function declaredType({ declarations }: Symbol): DeclaredType | undefined {
  return (declarations[0]?.resolve() as { type?: DeclaredType } | undefined)?.type;
}

/** The comment of `{ /** … *\/ x: number }`: behind a brace on its line the compiler takes it for the brace's. */
export function commentBeside({ declarations }: Symbol): string | undefined {
  const node = declarations[0]?.resolve();
  const before = node?.getFullText().slice(0, node.getLeadingTriviaWidth());
  return before === undefined ? undefined : /\/\*\*[^/][\s\S]*?\*\//.exec(before)?.[0];
}

/** The name that a property's type is written with, and whether it is that of an array's items. */
export interface WrittenAlias {
  symbol: Symbol;
  isItem: boolean;
}

/**
 * `Email` of `to: Email`, `cc: Email[]`, `bcc: Email | null`, where `type Email = string`: the compiler knows such a type
 * only as `string`.
 */
export function writtenAlias(checker: Checker, property: Symbol): WrittenAlias | undefined {
  const declared = declaredType(property);
  const [only, ...more] = (declared?.types ?? [declared]).filter((each) => each && !NOTHING.has(each.getText()));
  if (!only || more.length > 0) return undefined;
  const item = only.elementType ?? only.type?.elementType; // `readonly Email[]`
  const name = (item ?? only).typeName;
  const symbol = name && aliasNamed(checker, name);
  return symbol && { symbol, isItem: item !== undefined };
}

/** The `type` that a name stands for, wherever it is declared. */
export function aliasNamed(checker: Checker, name: Node): Symbol | undefined {
  const symbol = checker.getSymbolAtLocation(name);
  const target = symbol && symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return target && target.flags & SymbolFlags.TypeAlias ? target : undefined;
}

/** Whether a property is of the type that is written there; in a mapped type it may be of another one. */
export function isAsDeclared(checker: Checker, property: Symbol, type: Type): boolean {
  const written = declaredType(property);
  const declared = written && checker.getTypeFromTypeNode(written as never);
  return declared === undefined || membersOf(declared) === membersOf(type);
}

function membersOf(type: Type): string {
  const members = type.isUnionType() ? type.getTypes() : [type];
  const ids = members.filter(({ flags }) => !(flags & TypeFlags.Undefined)).map(({ id }) => id);
  return ids.toSorted((a, b) => a - b).join();
}
