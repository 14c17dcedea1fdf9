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
export function nearDuplicates(texts: readonly string[], threshold: number): number[][] {
  const shingles = texts.map(shinglesOf);
  const parents = texts.map((_, index) => index);
  const rootOf = (index: number): number => {
    while (parents[index] !== index) index = parents[index] = parents[parents[index]!]!;
    return index;
  };
  for (const [a, b] of candidates(texts, shingles)) {
    const [rootA, rootB] = [rootOf(a), rootOf(b)];
    if (rootA !== rootB && (texts[a] === texts[b] || jaccard(shingles[a]!, shingles[b]!) >= threshold))
      parents[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
  }
  return [...Map.groupBy(parents.keys(), rootOf).values()];
}

/** Pairs that meet in a band. In a bucket each is paired with the first only: the very same texts fill buckets. */
function* candidates(texts: readonly string[], shingles: readonly Uint32Array[]): Generator<[number, number]> {
  const exact = new Map<string, number>();
  const buckets = new Map<string, number[]>();
  for (const [index, text] of texts.entries()) {
    const same = exact.get(text);
    if (same !== undefined) {
      yield [same, index];
      continue;
    }
    exact.set(text, index);
    const minima = minimaOf(shingles[index]!);
    for (let band = 0; band < BANDS; band++) {
      const key = `${band}:${minima.subarray(band * ROWS, (band + 1) * ROWS).join()}`;
      const bucket = buckets.get(key);
      if (!bucket) buckets.set(key, [index]);
      else {
        for (const other of bucket) yield [other, index];
        if (bucket.length < MOST_IN_BUCKET) bucket.push(index);
      }
    }
  }
}

/** So that a bucket of things that only share a band does not take quadratic time. */
const MOST_IN_BUCKET = 50;

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
