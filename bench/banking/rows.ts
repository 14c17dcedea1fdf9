import { readFileSync } from "node:fs";
import { createRandom, type Random } from "@flywheel/evals/statistics";

/** A message, and what it is about, in words. */
export interface Row {
  text: string;
  intent: string;
}

/** What a user writes, and what he will say that it is about if he says anything. */
export interface UserRow extends Row {
  user: string;
  /** `undefined`: he says nothing. */
  opinion: string | undefined;
}

/** How the invented users behave. Shares are 0 to 1. */
export const BEHAVIOUR = { users: 900, signals: 0.9, wrong: 0.03 };
/** Of each intent. */
const HELD_OUT = 0.1;

export interface Rows {
  intents: string[];
  traffic: UserRow[];
  /** Nobody sends these, and nothing is chosen by them. */
  heldOut: Row[];
}

/** BANKING77, a tenth of every intent held out by message; the rest is what users send. */
export function readRows(file: string, seed: number): Rows {
  const random = createRandom(seed);
  const lines = readFileSync(file, "utf8").trim().split("\n");
  const all = new Map<string, Row>();
  for (const line of lines) {
    const { text, intent } = JSON.parse(line) as Row;
    all.set(text.trim().toLowerCase(), { text: text.trim(), intent: inWords(intent) });
  }
  const heldOut: Row[] = [];
  const rest: Row[] = [];
  for (const rows of Map.groupBy(all.values(), ({ intent }) => intent).values()) {
    const mixed = shuffled(rows, random);
    const cut = Math.round(HELD_OUT * mixed.length);
    heldOut.push(...mixed.slice(0, cut));
    rest.push(...mixed.slice(cut));
  }
  const intents = [...new Set(rest.map(({ intent }) => intent))].toSorted();
  const traffic = shuffled(rest, random).map((row) => ({ ...row, user: `user-${random.below(BEHAVIOUR.users)}`, opinion: opinionOf(row, intents, random) })); // prettier-ignore
  return { intents, traffic, heldOut: shuffled(heldOut, random) };
}

/** `Refund_not_showing_up` → `refund not showing up`: fewer pieces for the model, and words that it has seen. */
function inWords(intent: string): string {
  return intent.toLowerCase().replaceAll(/[^a-z]+/g, " ").trim(); // prettier-ignore
}

function opinionOf({ intent }: Row, intents: readonly string[], random: Random): string | undefined {
  if (random.uniform() >= BEHAVIOUR.signals) return undefined;
  if (random.uniform() >= BEHAVIOUR.wrong) return intent;
  const others = intents.filter((other) => other !== intent);
  return others[random.below(others.length)];
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}
