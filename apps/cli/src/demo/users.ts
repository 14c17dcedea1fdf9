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

/** What a user does with an answer: content, or puts it right. */
export type Reaction = { name: "thumbs" } | { name: "edited"; queue: Queue };

export interface Reacting {
  reaction: Reaction;
  isLate: boolean;
}

/** What this user does with this answer; `undefined`: nothing. */
export function react(
  message: UserMessage,
  answered: Queue,
  { signals, wrong, late }: Behaviour,
  random: Random,
): Reacting | undefined {
  // prettier-ignore
  if (random.uniform() >= signals) return undefined;
  const isLate = random.uniform() < late;
  const isWrong = random.uniform() < wrong;
  const wished = isWrong ? otherQueue(message.queue, random) : message.queue;
  const reaction: Reaction = wished === answered ? { name: "thumbs" } : { name: "edited", queue: wished };
  return { reaction, isLate };
}

function otherQueue(queue: Queue, random: Random): Queue {
  const others = QUEUES.filter((other) => other !== queue);
  return others[random.below(others.length)]!;
}

/** The same edits at other messages: what they teach is nothing. */
export function shuffled<T>(all: readonly T[], random: Random): T[] {
  const mixed = [...all];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}

/** For a person, before anything happens. */
export function behaviourLines({ users, messages, signals, wrong, late }: Behaviour): string[] {
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  return [
    `${messages.toLocaleString("en")} messages of ${users} users, every team as often`,
    `${percent(signals)} of the answers get a signal: a thumb up where the answer is right, else the right team as an edit`,
    `${percent(wrong)} of the signals are wrong, ${percent(late)} come late; nobody but an edit tells the right team`,
  ];
}
