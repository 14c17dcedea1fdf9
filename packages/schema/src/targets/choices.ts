import { type Schema } from "../documents.ts";
import { validator } from "../validate.ts";
import type { Fields, Lowerer, Part, Piece } from "./lower.ts";

export interface Branch {
  piece: Piece;
  /** What it was made from. */
  parts: readonly Part[];
}

/** `anyOf`, the branches of a branch among its own. Going back, the branch counts that leads to what the original allows. */
export function eitherOf(lowerer: Lowerer, branches: readonly Branch[]): Piece | undefined {
  const distinct = [...new Map(branches.map((branch) => [JSON.stringify(branch.piece.schema), branch])).values()];
  if (distinct.length < 2) return distinct[0]?.piece;
  const schema = { anyOf: distinct.flatMap(({ piece }) => flatOf(piece.schema)) };
  if (distinct.every(({ piece }) => !piece.lift)) return { schema };
  const ways = distinct.map(({ piece, parts }) => ({
    lift: piece.lift ?? ((value: unknown) => value),
    accepts: lazily(() => lowerer.lowered(piece.schema)),
    fits: lazily(() => lowerer.original(parts)),
  }));
  const lift = (value: unknown): unknown => {
    const lifted = ways.flatMap(({ accepts, fits, lift }) => (accepts(value) ? [{ fits, value: lift(value) }] : []));
    return (lifted.find(({ fits, value }) => fits(value)) ?? lifted[0] ?? { value }).value;
  };
  return { schema, lift };
}

const flatOf = (schema: Fields): readonly unknown[] => (Array.isArray(schema["anyOf"]) && Object.keys(schema).length === 1 ? schema["anyOf"] : [schema]); // prettier-ignore

/** What cannot be asked is taken to fit. */
function lazily(schema: () => Schema): (value: unknown) => boolean {
  let check: ((value: unknown) => boolean) | undefined;
  return (value) => {
    try {
      if (!check) {
        const validate = validator(schema());
        check = (each) => validate(each).length === 0;
      }
      return check(value);
    } catch {
      return true;
    }
  };
}
