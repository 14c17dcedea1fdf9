import type { Writer } from "./compile.ts";
import { either, type Expression, maybe, repeat, sequence, text } from "./grammar.ts";
import type { ArrayShape, Node } from "./shape.ts";
import { LARGEST_COUNT } from "./strings.ts";

/** `[…]`: the items that have a schema of their own, then as many others as are allowed. */
export function arrayExpression(writer: Writer, shape: ArrayShape): Expression {
  const holding = containing(writer, shape);
  if (holding) return sequence(text("["), writer.space, holding, writer.space, text("]"));
  const own = Math.min(Math.max(0, ...shape.rules.map(({ prefix }) => prefix.length)), shape.maxItems);
  const { least, most } = counts(writer, shape);
  const others = (used: number): Expression => {
    const item = writer.value(itemNode(shape, own));
    const few = Math.max(0, least - used);
    if (used > 0) return repeat(sequence(writer.comma, item), few, most - used);
    const whole = sequence(item, repeat(sequence(writer.comma, item), Math.max(0, few - 1), most - 1));
    return most === 0 ? text("") : few === 0 ? maybe(whole) : whole;
  };
  let content = others(own);
  for (let i = own - 1; i >= 0; i--) {
    const item = sequence(...(i > 0 ? [writer.comma] : []), writer.value(itemNode(shape, i)), content);
    content = i < least ? item : maybe(item);
  }
  return sequence(text("["), writer.space, content, writer.space, text("]"));
}

/** Items among which there are so many hits; `undefined` where nothing asks for them, or it takes a validator to count. */
function containing(writer: Writer, { rules, contains, minItems, maxItems }: ArrayShape): Expression | undefined {
  const asked = contains.filter(({ least, most }) => least > 0 || most < Infinity);
  const [rule] = asked;
  if (!rule) return undefined;
  const simple = asked.length === 1 && rules.every(({ prefix }) => prefix.length === 0);
  const { hit, other, least, most } = rule;
  const large = Math.max(least, most === Infinity ? 0 : most) > LARGEST_COUNT;
  if (!simple || large || minItems > least || maxItems < Infinity) {
    for (const { origin } of asked)
      writer.report.note(
        origin.path,
        origin.keyword,
        "checked afterwards",
        "beside other limits, or items of their own",
      );
    return undefined;
  }
  const items = rules.flatMap(({ rest }) => rest ?? []);
  const one = writer.value([...items, hit]);
  const any = writer.value(other ? [...items, other] : items);
  const others = repeat(sequence(writer.comma, any), 0, Infinity);
  const further = repeat(sequence(writer.comma, one, others), Math.max(0, least - 1), most - 1);
  const some = sequence(repeat(sequence(any, writer.comma), 0, Infinity), one, others, further);
  const none = maybe(sequence(any, others));
  return most < 1 ? none : least > 0 ? some : either(none, some);
}

/** Everything that is said of the item at a place. */
function itemNode({ rules }: ArrayShape, i: number): Node {
  return rules.flatMap(({ prefix, rest }) => prefix[i] ?? rest ?? []);
}

function counts({ report }: Writer, { minItems, maxItems, origins }: ArrayShape): { least: number; most: number } {
  const small = (count: number) => count <= LARGEST_COUNT || count === Infinity;
  for (const { path, keyword } of origins)
    if ((keyword === "minItems" && !small(minItems)) || (keyword === "maxItems" && !small(maxItems)))
      report.note(path, keyword, "checked afterwards", `a count above ${LARGEST_COUNT}`);
  return { least: small(minItems) ? minItems : 0, most: small(maxItems) ? maxItems : Infinity };
}
