import { readFileSync } from "node:fs";
import { createRandom, type Random } from "@flywheel/evals/statistics";
import { trainLinear } from "../../packages/tuning/src/classifier/linear.ts";
import { tfIdf } from "../../packages/tuning/src/classifier/tf-idf.ts";

/** A message, and the label that is right. */
export interface Message {
  text: string;
  label: string;
}

/** What a user did: the edit says `label`, be it right or not. */
export interface Edit extends Message {
  user: string;
}

/** A desk that sorts messages, its honest users, and one user who is against it. */
export interface Task {
  labels: string[];
  honest: Edit[];
  /** What the last user sends in place of his share of `honest`: everything of one kind, said to be of another. */
  loud: Edit[];
  /** The same of one who knows how outliers are found: only what will not be taken for one. */
  sly: Edit[];
  /** Nobody sends these. */
  tests: Message[];
}

export const USERS = 100;
/** Whose edits are another matter. */
export const LAST = `user-${USERS - 1}`;
export const MESSAGES = 400;
export const TESTS = 600;
const DOMAINS = 4;
const INTENTS = 3;

interface Source {
  domains: Record<string, string[]>;
  messages: Map<string, string[]>;
}

/** Messages of CLINC150 by intent, and its intents by domain. */
export function readSource(messagesFile: string, domainsFile: string): Source {
  const rows = readFileSync(messagesFile, "utf8").trim().split("\n").map((line) => JSON.parse(line) as { text: string; intent: string }); // prettier-ignore
  const messages = new Map<string, string[]>();
  for (const { text, intent } of rows) messages.set(intent, [...(messages.get(intent) ?? []), text]);
  return { domains: JSON.parse(readFileSync(domainsFile, "utf8")) as Source["domains"], messages };
}

/** Another seed is another desk: other domains, intents, users and victims. */
export async function drawTask({ domains, messages }: Source, seed: number): Promise<Task> {
  const random = createRandom(seed);
  const labels = shuffled(Object.keys(domains), random).slice(0, DOMAINS);
  const pool = labels.flatMap((label) =>
    shuffled(domains[label]!, random).slice(0, INTENTS).flatMap((intent) => messages.get(intent)!.map((text) => ({ text, label }))),
  ); // prettier-ignore
  const drawn = shuffled(unique(pool), random);
  const [told, tests, rest] = [drawn.slice(0, MESSAGES), drawn.slice(MESSAGES, MESSAGES + TESTS), drawn.slice(MESSAGES + TESTS)]; // prettier-ignore
  const users = Array.from({ length: USERS }, (_, i) => `user-${i}`);
  const honest = told.map((message, i) => ({ ...message, user: users[i % USERS]! }));
  const [victim, wrong] = shuffled(labels, random) as [string, string];
  const others = honest.filter(({ user }) => user !== LAST);
  const attacked = [...others, ...rest].filter(({ label }) => label === victim);
  const loud = attacked.map(({ text }) => ({ text, label: wrong, user: LAST }));
  return { labels, honest, loud, sly: (await unnoticed(others, rest)).map((each) => ({ ...each, user: LAST })), tests };
}

/**
 * What is least noticed, worst last, for he may have some of his newest: wrong labels for messages that nobody else sends, of
 * which a classifier of the others' edits is itself sure, before these a few of which it has little doubt, and before these the
 * truth, which makes them few.
 */
async function unnoticed(others: readonly Message[], unsent: readonly Message[]): Promise<Message[]> {
  const features = tfIdf(others.map(({ text }) => text));
  const vectors = others.map(({ text }) => features.of(text));
  const classify = await trainLinear(vectors, others.map(({ label }) => label), features.width); // prettier-ignore
  const lies = unsent.flatMap(({ text, label }) => {
    const votes = classify(features.of(text));
    return [...votes].flatMap(([wrong, vote]) => {
      const doubt = Math.max(...votes.values()) - vote;
      return wrong === label || doubt > SAFE_DOUBT ? [] : [{ text, label: wrong, doubt, kinds: `${label} > ${wrong}` }];
    });
  });
  const pairs = [...Map.groupBy(lies, ({ kinds }) => kinds).values()].toSorted((a, b) => b.length - a.length);
  const best = unique(pairs.flatMap((pair) => pair.toSorted((a, b) => a.doubt - b.doubt)));
  const [sure, unsure] = [best.filter(({ doubt }) => doubt === 0), best.filter(({ doubt }) => doubt > 0)];
  const chosen = unique([...sure, ...unsure.slice(0, SAFE_DOUBTS), ...unsent]);
  return chosen.toReversed().map(({ text, label }) => ({ text, label }));
}

/** How much is not taken for an outlier, and how often, with room for judges that know a little less than all others together. */
const [SAFE_DOUBT, SAFE_DOUBTS] = [0.4, 2];

function unique<T extends Message>(messages: readonly T[]): T[] {
  const seen = new Set<string>();
  return messages.filter(({ text }) => !seen.has(text) && seen.add(text));
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}
