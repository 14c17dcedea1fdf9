import { setImmediate as breathe } from "node:timers/promises";

/**
 * Texts that are nearly the same, by MinHash with banding (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive
 * Datasets, ch. 3): 128 minima of hashed character 5-grams, in 16 bands of 8. Two texts of Jaccard similarity s meet in a
 * band with probability 1 − (1 − s⁸)¹⁶, which is 0.9998 at s = 0.9; those that meet are compared exactly.
 */
const SHINGLE = 5;
const MINIMA = 128;
const BANDS = 16;
const ROWS = MINIMA / BANDS;

const SEEDS = Uint32Array.from({ length: MINIMA }, (_, i) => mix(i + 0x9e3779b9));

/**
 * Groups of texts that are at least this alike, each text in exactly one group, as indexes. Likeness is passed on: a
 * and c are in one group where both are like b.
 * @param threshold Jaccard similarity of character 5-grams, 0 to 1
 */
export async function nearDuplicates(texts: readonly string[], threshold: number): Promise<number[][]> {
  const shingles: Uint32Array[] = [];
  const parents = texts.map((_, index) => index);
  const rootOf = (index: number): number => {
    while (parents[index] !== index) index = parents[index] = parents[parents[index]!]!;
    return index;
  };
  const likely = candidates();
  for (const [index, text] of texts.entries()) {
    shingles.push(shinglesOf(text));
    for (const other of likely(text, index, shingles[index]!)) {
      const [a, b] = [rootOf(index), rootOf(other)];
      if (a !== b && (text === texts[other] || jaccard(shingles[index]!, shingles[other]!) >= threshold))
        parents[Math.max(a, b)] = Math.min(a, b);
    }
    if (index % AT_ONCE === 0) await breathe();
  }
  return [...Map.groupBy(parents.keys(), rootOf).values()];
}

/** Whoever else waits for this process waits for so many texts, some 20 ms. */
const AT_ONCE = 200;
/** So that a bucket of things that only share a band does not take quadratic time. */
const MOST_IN_BUCKET = 50;

/** For one text after the other, which of those before it meet it in a band. The very same text meets its first only. */
function candidates() {
  const first = new Map<string, number>();
  const buckets = new Map<string, number[]>();
  return (text: string, index: number, shingles: Uint32Array): number[] => {
    const same = first.get(text);
    if (same !== undefined) return [same];
    first.set(text, index);
    const met = new Set<number>();
    const minima = minimaOf(shingles);
    for (let band = 0; band < BANDS; band++) {
      const key = `${band}:${minima.subarray(band * ROWS, (band + 1) * ROWS).join()}`;
      const bucket = buckets.get(key) ?? [];
      bucket.forEach((other) => met.add(other));
      if (bucket.length < MOST_IN_BUCKET) buckets.set(key, [...bucket, index]);
    }
    return [...met];
  };
}

function shinglesOf(text: string): Uint32Array {
  const hashes = new Set<number>();
  for (let at = 0; at + SHINGLE <= text.length || at === 0; at++) hashes.add(hashOf(text, at, at + SHINGLE));
  return Uint32Array.from(hashes).sort();
}

function minimaOf(shingles: Uint32Array): Uint32Array {
  const minima = new Uint32Array(MINIMA).fill(0xffffffff);
  for (const shingle of shingles)
    for (let i = 0; i < MINIMA; i++) {
      const value = mix(shingle ^ SEEDS[i]!);
      if (value < minima[i]!) minima[i] = value;
    }
  return minima;
}

/** Of two sorted lists. */
function jaccard(a: Uint32Array, b: Uint32Array): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const difference = a[i]! - b[j]!;
    if (difference === 0) shared++;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  return shared / (a.length + b.length - shared);
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to && at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** The finaliser of MurmurHash3: every bit of the input reaches every bit of the output. */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
