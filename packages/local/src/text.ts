/** Turns generated tokens into text as they come, never cutting a character in two. */
export interface TokenReader {
  /** The text that is certain after this token. */
  push(token: number): string;
  /** What was held back, once no more tokens come. */
  end(): string;
}

const REPLACEMENT = "\uFFFD";
/** Beyond this many tokens of broken bytes the text is given out as it is. */
const MAX_HELD = 32;

/**
 * A character may be spread over up to four byte tokens, and a cut one decodes to U+FFFD: so a trailing U+FFFD is held back
 * until the next tokens complete it or prove it broken.
 * @param detokenize text of `tokens`, where `before` are the tokens they follow
 */
export function tokenReader(
  detokenize: (tokens: number[], before: number[]) => string,
  prompt: readonly number[],
): TokenReader {
  let before = prompt.slice(-4);
  let held: number[] = [];
  let given = 0;

  const settle = (text: string) => {
    before = [...before, ...held].slice(-4);
    held = [];
    const rest = text.slice(given);
    given = 0;
    return rest;
  };

  return {
    push(token) {
      held.push(token);
      const text = detokenize(held, before);
      if (!text.endsWith(REPLACEMENT) || held.length >= MAX_HELD) return settle(text);
      const certain = text.slice(given, -1);
      given = text.length - 1;
      return certain;
    },
    end: () => (held.length === 0 ? "" : settle(detokenize(held, before))),
  };
}

/** Lets text through up to the first stop string. */
export interface StopFilter {
  /** True once a stop string was met; nothing more comes out. */
  readonly met: boolean;
  push(text: string): string;
  /** What was held back as the possible beginning of a stop string. */
  end(): string;
}

export function stopFilter(stops: readonly string[]): StopFilter {
  let met = false;
  let held = "";
  return {
    get met() {
      return met;
    },
    push(text) {
      if (met) return "";
      held += text;
      const found = stops.map((stop) => held.indexOf(stop)).filter((at) => at >= 0);
      met = found.length > 0;
      const until = met ? Math.min(...found) : held.length - possibleStart(held, stops);
      const out = held.slice(0, until);
      held = met ? "" : held.slice(until);
      return out;
    },
    end() {
      const out = held;
      held = "";
      return out;
    },
  };
}

/** Length of the longest end of `text` with which a stop string begins. */
function possibleStart(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(text.length, stop.length - 1); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
