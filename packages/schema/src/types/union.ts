import { type Checker, type Node, type NodeHandle, type Type, TypeFlags, type UnionType } from "./checker.ts";
import { aliasNamed } from "./declared-type.ts";

/** As much of a syntax tree's node as is looked at here. */
interface TypeNode {
  types?: readonly TypeNode[];
  type?: TypeNode;
  literal?: { text?: string; getText?(): string };
  typeName?: Node;
  getText(): string;
}

/**
 * The members of a union in the order in which they are written: the compiler keeps them in the order in which it met
 * them, anywhere.
 */
export function membersOfUnion(checker: Checker, type: UnionType, place: NodeHandle | undefined): readonly Type[] {
  const members = type.getTypes();
  const written = (type.getAliasSymbol()?.declarations[0] ?? place)?.resolve() as TypeNode | undefined;
  const words = wordsOf(checker, written?.type);
  if (words.length === 0) return members;
  const known = members.map((member) => wordsFor(member).map((word) => words.indexOf(word)).find((at) => at >= 0)); // prettier-ignore
  // What has no word, such as an object that is written out, takes the places that are left.
  const left = [...words.keys()].filter((at) => !known.includes(at));
  const places = known.map((at) => at ?? (left.length > 1 ? left.shift()! : (left[0] ?? words.length)));
  return members
    .map((member, i) => ({ member, place: places[i]! }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ member }) => member);
}

/** How the members are written, in this union and in those that it names. */
function wordsOf(checker: Checker, node: TypeNode | undefined): string[] {
  return (node?.types ?? []).flatMap((each) => {
    const union = each.types ? each : unionNamed(checker, each);
    return union ? wordsOf(checker, union) : [wordOfNode(each)];
  });
}

function unionNamed(checker: Checker, { typeName }: TypeNode): TypeNode | undefined {
  const symbol = typeName && aliasNamed(checker, typeName);
  const written = (symbol?.declarations[0]?.resolve() as TypeNode | undefined)?.type;
  return written?.types ? written : undefined;
}

function wordOfNode(node: TypeNode): string {
  const text = node.getText();
  // A number may be written in many ways, and a negative one is no literal but a minus before one.
  if (/^[-.\d]/.test(text)) return JSON.stringify(String(Number(text.replaceAll("_", ""))));
  return node.literal?.text === undefined ? text : JSON.stringify(node.literal.text);
}

/** How a member may have been written. */
function wordsFor(type: Type): string[] {
  // `boolean` is two members, and an enum as many as it has.
  const [alias, symbol] = [type.getAliasSymbol()?.name, type.getSymbol()];
  const whole = type.flags & TypeFlags.EnumLiteral ? (symbol?.getParent()?.name ?? "") : "";
  if (type.isStringLiteralType()) return [JSON.stringify(type.value), whole];
  if (type.isNumberLiteralType()) return [JSON.stringify(String(type.value)), whole];
  if (type.isLiteralType()) return [String(type.value), typeof type.value];
  return [type.isIntrinsicType() ? type.intrinsicName : (alias ?? symbol?.name ?? "")];
}
