/** So many words in a row are no accident (the measure that GPT-3's authors used, arXiv 2005.14165 §C). */
const GRAM = 13;

/** Remembers texts, and tells whether another one has a stretch of them in it. Texts are lists of words. */
export interface Contamination {
  add(words: readonly string[]): void;
  /** Whether 13 words in a row are among those added; for shorter texts, whether all of it was added as it is. */
  has(words: readonly string[]): boolean;
}

export function contamination(): Contamination {
  const known = new Set<string>();
  return {
    add(words) {
      for (const gram of gramsOf(words)) known.add(gram);
    },
    has: (words) => gramsOf(words).some((gram) => known.has(gram)),
  };
}

function gramsOf(words: readonly string[]): string[] {
  if (words.length === 0) return [];
  // A short text is one gram, marked as whole so that it is not found within a longer one.
  if (words.length < GRAM) return [`^${words.join(" ")}$`];
  return Array.from({ length: words.length - GRAM + 1 }, (_, at) => words.slice(at, at + GRAM).join(" "));
}
