import type { Random } from "@flywheel/evals/statistics";
import { type CompanyMessage, drawMessage, type Queue, QUEUES } from "./company.ts";

/** How the invented users behave. Shares are 0 to 1. */
export interface Behaviour {
  users: number;
  messages: number;
  /** Of the answers: who says anything of it. */
  signals: number;
  /** Of the signals: who says the wrong thing. */
  wrong: number;
  /** Of the signals: who says it when all the others are done. */
  late: number;
}

export const BEHAVIOUR: Behaviour = { users: 240, messages: 2400, signals: 0.3, wrong: 0.1, late: 0.15 };

export interface UserMessage extends CompanyMessage {
  user: string;
}

/** What everybody writes, in the order in which it comes. */
export function drawTraffic({ users, messages }: Behaviour, random: Random): UserMessage[] {
  return Array.from({ length: messages }, () => ({ user: `user-${random.below(users) + 1}`, ...drawMessage(random, false) })); // prettier-ignore
}

/** What a user who says anything holds to be right. */
export interface Opinion {
  queue: Queue;
  isLate: boolean;
}

/** What this user will say of an answer to this message; `undefined`: nothing. */
export function drawOpinion(
  { queue }: CompanyMessage,
  { signals, wrong, late }: Behaviour,
  random: Random,
): Opinion | undefined {
  // prettier-ignore
  if (random.uniform() >= signals) return undefined;
  const isWrong = random.uniform() < wrong;
  const others = QUEUES.filter((other) => other !== queue);
  return { queue: isWrong ? others[random.below(others.length)]! : queue, isLate: random.uniform() < late };
}

/** The same opinions, on other messages: what they teach is nothing. Who says nothing still says nothing. */
export function shuffled(opinions: readonly (Opinion | undefined)[], random: Random): (Opinion | undefined)[] {
  const held = opinions.filter((opinion) => opinion !== undefined);
  for (let i = held.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [held[i], held[j]] = [held[j]!, held[i]!];
  }
  return opinions.map((opinion) => opinion && held.pop());
}

/** For a person, before anything happens. */
export function behaviourLines({ users, messages, signals, wrong, late }: Behaviour): string[] {
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  return [
    `${messages.toLocaleString("en")} messages of ${users} users, every team as often`,
    `${percent(signals)} of the answers get a signal: a thumb up where the user holds it to be right, else the right team as an edit`,
    `${percent(wrong)} of the signals are wrong, ${percent(late)} come late; the right team is told by edits alone`,
  ];
}
