import { intersect } from "./intersect.ts";
import type { Alternative, ObjectShape } from "./shape.ts";
import { isObject, valuesOf } from "./values.ts";

/** Whether no value can fit two of these: by type, or by a value that they fix. */
export function areApart(choices: readonly (readonly Alternative[])[]): boolean {
  return choices.every((a, i) =>
    choices.slice(i + 1).every((b) => a.every((x) => b.every((y) => intersect(x, y) === undefined || discerned(x, y)))),
  );
}

/** A required property whose values, fixed on both sides, differ. */
function discerned(a: Alternative, b: Alternative): boolean {
  if (a.type !== "object" || b.type !== "object") return false;
  const shared = a.required.filter((name) => b.required.includes(name));
  return shared.some((name) => {
    const [left, right] = [fixed(a, name), fixed(b, name)];
    return left !== undefined && right !== undefined && !left.some((value) => right.includes(value));
  });
}

function fixed(shape: ObjectShape, name: string): string[] | undefined {
  for (const { properties } of shape.rules) {
    const schema = properties.get(name)?.schema;
    const values = isObject(schema) ? valuesOf(schema) : undefined;
    if (values) return values.map((value) => JSON.stringify(value));
  }
  return undefined;
}
