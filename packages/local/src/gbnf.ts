import { copies, type Grammar, GrammarError, MOST, type Part, readGrammar, type Sequence } from "./gbnf-reader.ts";

/**
 * Finds out before llama.cpp does what is wrong with a grammar: what it says of it goes to the standard error, and some
 * grammars end the process, or hold up everyone who shares the model.
 * @param text GBNF, as llama.cpp's `grammars/README.md` describes it
 * @throws {GrammarError}
 */
export function checkGrammar(text: string): void {
  const grammar = readGrammar(text);
  if (!grammar.rules.has("root")) throw new GrammarError("there is no rule `root`", text, 0);
  for (const { name, at } of grammar.mentions)
    if (!grammar.rules.has(name)) throw new GrammarError(`there is no rule \`${name}\``, text, at);
  checkOptional(grammar, text);
}

/**
 * Every way of leaving out what may be left out is followed at once, so there must not be too much of it in a row.
 * A part's weight: how many things in it may be left out one after the other; 0 = it cannot be left out.
 */
function checkOptional({ rules, sequences }: Grammar, text: string): void {
  const weights = new Map<string, number>();
  const weigh = (part: Part): number => {
    if (part.kind === "text") return part.size === 0 ? 1 : 0;
    if (part.kind === "rule") return weights.get(part.name) ?? 0;
    if (part.kind === "choice") return heaviest(part.of);
    const weight = weigh(part.part);
    return weight > 0 ? weight * copies(part) : part.least === 0 ? 1 : 0;
  };
  const heaviest = (choice: Sequence[]) =>
    choice.reduce((most, { parts }) => {
      const each = parts.map(weigh);
      return each.includes(0) ? most : Math.max(most, 1, sum(each));
    }, 0);

  const users = mentionedIn(rules);
  const queue = new Set(rules.keys());
  for (const name of queue) {
    queue.delete(name);
    const weight = Math.min(heaviest(rules.get(name)!), MOST.optional + 1);
    if (weight === (weights.get(name) ?? 0)) continue;
    weights.set(name, weight);
    for (const user of users.get(name) ?? []) queue.add(user);
  }
  for (const { parts, at } of sequences) {
    let run = 0;
    for (const part of parts) {
      const weight = weigh(part);
      run = weight === 0 ? 0 : run + weight;
      if (run > MOST.optional)
        throw new GrammarError(`more than ${MOST.optional} things in a row may be left out; \`x{0,n}\` says it better`, text, at); // prettier-ignore
    }
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

function mentionedIn(rules: Grammar["rules"]): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  const visit = (part: Part, user: string): void => {
    if (part.kind === "choice") for (const { parts } of part.of) for (const each of parts) visit(each, user);
    if (part.kind === "times") visit(part.part, user);
    if (part.kind === "rule") users.set(part.name, (users.get(part.name) ?? new Set()).add(user));
  };
  for (const [name, choice] of rules) visit({ kind: "choice", of: choice }, name);
  return users;
}
