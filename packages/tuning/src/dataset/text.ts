/** Lower-case words without punctuation: two texts that differ in nothing else are the same prompt. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/** Fewer prompts than this may begin alike by chance. */
const LEAST_FOR_TEMPLATE = 20;

/**
 * The words of each prompt without what all prompts of its group begin and end with: a template around the input would
 * make all of them look alike. @param groups which group each text belongs to
 */
export function withoutTemplates(texts: readonly string[], groups: readonly string[]): string[][] {
  const words = texts.map(wordsOf);
  const members = Map.groupBy(words.keys(), (index) => groups[index]!);
  for (const indexes of members.values()) {
    const distinct = new Set(indexes.map((index) => words[index]!.join(" ")));
    if (distinct.size < LEAST_FOR_TEMPLATE) continue;
    const { head, tail } = sharedEnds(indexes.map((index) => words[index]!));
    for (const index of indexes) words[index] = words[index]!.slice(head, words[index]!.length - tail);
  }
  return words;
}

/** How many words all begin with, and how many of the rest all end with. */
function sharedEnds(lists: readonly string[][]): { head: number; tail: number } {
  const [first, ...others] = lists as [string[], ...string[][]];
  const shortest = Math.min(...lists.map((list) => list.length));
  const agree = (place: number) => others.every((list) => list.at(place) === first.at(place));
  let head = 0;
  while (head < shortest && agree(head)) head++;
  let tail = 0;
  while (tail < shortest - head && agree(-1 - tail)) tail++;
  return { head, tail };
}
