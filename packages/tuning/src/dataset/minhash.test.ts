import assert from "node:assert/strict";
import { test } from "node:test";
import { nearDuplicates } from "./minhash.ts";

/** What the definition says, pair by pair. */
function jaccard(a: string, b: string): number {
  const grams = (text: string) => new Set(Array.from({ length: text.length - 4 }, (_, at) => text.slice(at, at + 5)));
  const [of, to] = [grams(a), grams(b)];
  return of.intersection(to).size / of.union(to).size;
}

test("finds all pairs that are alike enough, and groups no others", async () => {
  const words = "the parcel that was sent to my old address has still not come and nobody answers my letters".split(
    " ",
  );
  const texts = Array.from({ length: 400 }, (_, n) =>
    words.map((word, at) => ((n * 31 + at * 17) % (5 + (n % 60)) === 0 ? `${word}${n}` : word)).join(" "),
  );
  const clusters = await nearDuplicates(texts, 0.9);
  assert.deepEqual(clusters.flat().toSorted((a, b) => a - b), [...texts.keys()]); // prettier-ignore
  const clusterOf = new Map(clusters.flatMap((cluster, index) => cluster.map((text) => [text, index] as const)));
  let alike = 0;
  for (let a = 0; a < texts.length; a++)
    for (let b = 0; b < a; b++) {
      if (jaccard(texts[a]!, texts[b]!) < 0.9) continue;
      alike++;
      assert.equal(clusterOf.get(a), clusterOf.get(b), `${texts[a]} | ${texts[b]}`);
    }
  assert.ok(alike > 0 && clusters.length > 10, `${alike} pairs, ${clusters.length} clusters`);
  for (const cluster of clusters)
    if (cluster.length === 2) assert.ok(jaccard(texts[cluster[0]!]!, texts[cluster[1]!]!) >= 0.9);
});

test("takes empty and very short texts, and a thousand of the same", async () => {
  assert.deepEqual(await nearDuplicates(["", "a", "", "b", "a"], 0.9), [[0, 2], [1, 4], [3]]); // prettier-ignore
  assert.equal(
    (
      await nearDuplicates(
        Array.from({ length: 1000 }, () => "the very same"),
        0.9,
      )
    ).length,
    1,
  );
});
