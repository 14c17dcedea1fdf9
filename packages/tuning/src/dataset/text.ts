/** Lower-case words without punctuation: two texts that differ in nothing else are the same prompt. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/** The words that a template puts around an input, which would make all prompts look alike. */
export interface Template {
  head: readonly string[];
  tail: readonly string[];
}

/** Fewer prompts than this may begin alike by chance. */
const LEAST_FOR_TEMPLATE = 20;

/** What all prompts of a group begin and end with. @param groups which group each text belongs to */
export function templatesOf(texts: readonly string[][], groups: readonly string[]): Map<string, Template> {
  const templates = new Map<string, Template>();
  for (const [group, indexes] of Map.groupBy(texts.keys(), (index) => groups[index]!)) {
    const lists = indexes.map((index) => texts[index]!);
    const distinct = new Set(lists.map((list) => list.join(" ")));
    if (distinct.size >= LEAST_FOR_TEMPLATE) templates.set(group, sharedEnds(lists));
  }
  return templates;
}

/** The words of an input without its template; as they are where they do not come from it. */
export function withoutTemplate(words: readonly string[], template: Template | undefined): readonly string[] {
  if (!template || !isFrom(words, template)) return words;
  return words.slice(template.head.length, words.length - template.tail.length);
}

/** Whether a text begins and ends with a template's words. */
export function isFrom(words: readonly string[], { head, tail }: Template): boolean {
  if (words.length < head.length + tail.length) return false;
  const start = words.length - tail.length;
  return head.every((word, i) => words[i] === word) && tail.every((word, i) => words[start + i] === word);
}

function sharedEnds(lists: readonly (readonly string[])[]): Template {
  const first = lists[0]!;
  const shortest = Math.min(...lists.map((list) => list.length));
  const agree = (place: number) => lists.every((list) => list.at(place) === first.at(place));
  let head = 0;
  while (head < shortest && agree(head)) head++;
  let tail = 0;
  while (tail < shortest - head && agree(-1 - tail)) tail++;
  return { head: first.slice(0, head), tail: first.slice(first.length - tail) };
}
