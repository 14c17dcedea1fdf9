import type { Writer } from "./compile.ts";
import { type Expression, maybe, repeat, sequence, text } from "./grammar.ts";
import type { ArrayShape, Node } from "./shape.ts";
import { LARGEST_COUNT } from "./strings.ts";

/** `[…]`: the items that have a schema of their own, then as many others as are allowed. */
export function arrayExpression(writer: Writer, shape: ArrayShape): Expression {
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
