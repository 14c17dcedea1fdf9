import { readFileSync } from "node:fs";
import { createRandom, type Random } from "@flywheel/evals/statistics";

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
  /** What the last user sends in place of his share of `honest`. */
  hostile: Edit[];
  /** Nobody sends these. */
  tests: Message[];
}

export const USERS = 100;
export const MESSAGES = 200;
export const TESTS = 200;
const DOMAINS = 4;
const INTENTS = 1;

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
export function drawTask({ domains, messages }: Source, seed: number): Task {
  const random = createRandom(seed);
  const labels = shuffled(Object.keys(domains), random).slice(0, DOMAINS);
  const pool = labels.flatMap((label) =>
    shuffled(domains[label]!, random).slice(0, INTENTS).flatMap((intent) => messages.get(intent)!.map((text) => ({ text, label }))),
  ); // prettier-ignore
  const drawn = shuffled(unique(pool), random);
  const [told, tests, rest] = [drawn.slice(0, MESSAGES), drawn.slice(MESSAGES, MESSAGES + TESTS), drawn.slice(MESSAGES + TESTS)]; // prettier-ignore
  const users = Array.from({ length: USERS }, (_, i) => `user-${i}`);
  const last = users.at(-1)!;
  const honest = told.map((message, i) => ({ ...message, user: users[i % USERS]! }));
  const [victim, wrong] = shuffled(labels, random) as [string, string];
  const others = honest.filter(({ user }) => user !== last);
  const attacked = [...others, ...rest].filter(({ label }) => label === victim);
  return { labels, honest, hostile: attacked.map(({ text }) => ({ text, label: wrong, user: last })), tests };
}

const unique = (messages: readonly Message[]) => [...new Map(messages.map((each) => [each.text, each])).values()];

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}
