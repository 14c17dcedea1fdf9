import type { NodeHandle, Type, UnionType } from "./checker.ts";

/** As much of a syntax tree's node as is looked at here. */
interface TypeNode {
  types?: readonly TypeNode[];
  type?: TypeNode;
  literal?: { text?: string; getText?(): string };
  typeName?: { text?: string };
  getText(): string;
}

/**
 * The members of a union in the order in which they are written: the compiler keeps them in the order in which it met
 * them, anywhere.
 */
export function membersOfUnion(type: UnionType, place: NodeHandle | undefined): readonly Type[] {
  const members = type.getTypes();
  const written = (type.getAliasSymbol()?.declarations[0] ?? place)?.resolve() as TypeNode | undefined;
  const words = wordsOf(written?.type);
  if (words.size === 0) return members;
  const rank = (member: Type, i: number) => words.get(wordOf(member)) ?? members.length + i;
  return members
    .map((member, i) => ({ member, rank: rank(member, i) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ member }) => member);
}

/** How a member is written, and its number. */
function wordsOf(node: TypeNode | undefined): Map<string, number> {
  const words = new Map<string, number>();
  const visit = (each: TypeNode): void => {
    if (each.types) for (const part of each.types) visit(part);
    else words.set(each.literal?.text === undefined ? each.getText() : JSON.stringify(each.literal.text), words.size);
  };
  if (node?.types) visit(node);
  return words;
}

function wordOf(type: Type): string {
  if (type.isStringLiteralType()) return JSON.stringify(type.value);
  if (type.isNumberLiteralType()) return JSON.stringify(String(type.value));
  if (type.isLiteralType()) return String(type.value);
  if (type.isIntrinsicType()) return type.intrinsicName;
  return type.getAliasSymbol()?.name ?? type.getSymbol()?.name ?? "";
}
