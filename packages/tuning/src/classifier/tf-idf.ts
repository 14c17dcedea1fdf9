import type { Vector } from "./linear.ts";

/** Texts as vectors, by what was seen in the texts to learn from. */
export interface Features {
  of(text: string): Vector;
  width: number;
}

/**
 * Words and pairs of words, and pieces of words, each kind weighed by how rare it is (smoothed, a logarithm of the count)
 * and of length 1. The last feature is constant. @param sizes the least and most characters of a piece
 */
export function tfIdf(texts: readonly string[], sizes: readonly [number, number] = [2, 5]): Features {
  const piecesOf = piecesBetween(...sizes);
  const kinds = [wordsOf, piecesOf].map((split) => ({ split, known: new Map<string, { at: number; seen: number }>() }));
  let width = 0;
  for (const { split, known } of kinds)
    for (const text of texts)
      for (const term of new Set(split(text))) {
        const found = known.get(term);
        if (found) found.seen++;
        else known.set(term, { at: width++, seen: 1 });
      }

  function vectorOf(text: string): Vector {
    const parts = kinds.flatMap(({ split, known }) => {
      const counts = new Map<string, number>();
      for (const term of split(text)) if (known.has(term)) counts.set(term, (counts.get(term) ?? 0) + 1);
      const weighed = [...counts].map(([term, count]) => {
        const { at, seen } = known.get(term)!;
        return { at, value: (1 + Math.log(count)) * (1 + Math.log((1 + texts.length) / (1 + seen))) };
      });
      const length = Math.hypot(...weighed.map(({ value }) => value)) || 1;
      return weighed.map(({ at, value }) => ({ at, value: value / length }));
    });
    return withConstant(parts, width);
  }

  return { of: vectorOf, width: width + 1 };
}

/** A constant beside the others moves the plane away from the origin. */
export function withConstant(parts: readonly { at: number; value: number }[], width: number): Vector {
  const all = [...parts, { at: width, value: 1 }];
  return { at: Uint32Array.from(all, ({ at }) => at), values: Float64Array.from(all, ({ value }) => value) };
}

function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...words, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)];
}

const piecesBetween =
  (least: number, most: number) =>
  (text: string): string[] => {
    const pieces: string[] = [];
    for (const word of text.toLowerCase().match(/\S+/g) ?? []) {
      const whole = ` ${word} `;
      for (let size = least; size <= most; size++)
        for (let at = 0; at + size <= whole.length; at++) pieces.push(whole.slice(at, at + size));
    }
    return pieces;
  };
