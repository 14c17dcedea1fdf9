import type { Alternative, ArrayShape, NumberShape, ObjectShape, StringShape } from "./shape.ts";

/** What both alternatives allow; `undefined` where that is nothing. */
export function intersect(a: Alternative, b: Alternative): Alternative | undefined {
  if (a.type === "exact") return sameType(a.value, b) ? a : undefined;
  if (b.type === "exact") return intersect(b, a);
  if (a.type === "null" && b.type === "null") return a;
  if (a.type === "boolean" && b.type === "boolean") {
    const values = a.values.filter((value) => b.values.includes(value));
    return values.length > 0 ? { type: "boolean", values } : undefined;
  }
  if (a.type === "number" && b.type === "number") return numbers(a, b);
  if (a.type === "string" && b.type === "string") return strings(a, b);
  if (a.type === "array" && b.type === "array") return arrays(a, b);
  if (a.type === "object" && b.type === "object") return objects(a, b);
  return undefined;
}

/** A whole value from an `enum` is not looked into: what else is said of it is checked afterwards. */
function sameType(value: unknown, other: Alternative): boolean {
  if (other.type === "exact") return JSON.stringify(other.value) === JSON.stringify(value);
  return other.type === (Array.isArray(value) ? "array" : "object");
}

function numbers(a: NumberShape, b: NumberShape): NumberShape | undefined {
  const least = tighter(a.least, b.least, (x, y) => x > y);
  const most = tighter(a.most, b.most, (x, y) => x < y);
  const multipleOf = a.multipleOf === undefined || b.multipleOf === undefined ? (a.multipleOf ?? b.multipleOf) : common(a.multipleOf, b.multipleOf); // prettier-ignore
  const shape: NumberShape = {
    type: "number",
    integer: a.integer || b.integer,
    ...((a.fractional || b.fractional) && { fractional: true }),
    ...(least && { least }),
    ...(most && { most }),
    ...(multipleOf !== undefined && { multipleOf }),
    origins: [...a.origins, ...b.origins],
  };
  if (shape.integer && shape.fractional) return undefined;
  const values = bothOf(a.values, b.values)?.filter((value) => isWithin(value, shape));
  if (!values) return shape;
  return values.length > 0 ? { ...shape, values } : undefined;
}

function isWithin(value: number, { integer, fractional, least, most, multipleOf }: NumberShape): boolean {
  if (fractional && Number.isInteger(value)) return false;
  if (integer && !Number.isInteger(value)) return false;
  if (least && (least.exclusive ? value <= least.value : value < least.value)) return false;
  if (most && (most.exclusive ? value >= most.value : value > most.value)) return false;
  return multipleOf === undefined || Number.isInteger(value / multipleOf);
}

type Bound = NonNullable<NumberShape["least"]>;

function tighter(
  a: Bound | undefined,
  b: Bound | undefined,
  wins: (x: number, y: number) => boolean,
): Bound | undefined {
  if (!a || !b) return a ?? b;
  if (a.value === b.value) return a.exclusive ? a : b;
  return wins(a.value, b.value) ? a : b;
}

function common(a: number, b: number): number {
  if (!Number.isInteger(a) || !Number.isInteger(b)) return Math.max(a, b);
  const divisor = (x: number, y: number): number => (y === 0 ? x : divisor(y, x % y));
  return (a * b) / divisor(a, b);
}

function strings(a: StringShape, b: StringShape): StringShape | undefined {
  const values = bothOf(a.values, b.values);
  if (values?.length === 0) return undefined;
  const shape = {
    type: "string" as const,
    minLength: Math.max(a.minLength, b.minLength),
    maxLength: Math.min(a.maxLength, b.maxLength),
    languages: [...a.languages, ...b.languages],
    ...(values && { values }),
    origins: [...a.origins, ...b.origins],
  };
  return shape.minLength <= shape.maxLength ? shape : undefined;
}

function bothOf<T>(a: readonly T[] | undefined, b: readonly T[] | undefined): readonly T[] | undefined {
  if (!a || !b) return a ?? b;
  return a.filter((value) => b.includes(value));
}

function arrays(a: ArrayShape, b: ArrayShape): ArrayShape | undefined {
  const minItems = Math.max(a.minItems, b.minItems);
  const maxItems = Math.min(a.maxItems, b.maxItems);
  if (minItems > maxItems) return undefined;
  return { type: "array", minItems, maxItems, rules: [...a.rules, ...b.rules], contains: [...a.contains, ...b.contains], origins: [...a.origins, ...b.origins] }; // prettier-ignore
}

function objects(a: ObjectShape, b: ObjectShape): ObjectShape | undefined {
  const minProperties = Math.max(a.minProperties, b.minProperties);
  const maxProperties = Math.min(a.maxProperties, b.maxProperties);
  if (minProperties > maxProperties) return undefined;
  const unevaluated = a.unevaluated ?? b.unevaluated;
  return {
    type: "object",
    required: [...new Set([...a.required, ...b.required])],
    minProperties,
    maxProperties,
    rules: [...a.rules, ...b.rules],
    names: [...a.names, ...b.names],
    ...(unevaluated && { unevaluated }),
    origins: [...a.origins, ...b.origins],
  };
}
