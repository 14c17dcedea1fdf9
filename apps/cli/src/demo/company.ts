import type { Random } from "@flywheel/evals/statistics";
import { CLOSINGS, DANGER, MONEY, NEW, NEW_AND_DANGER, NEW_AND_MONEY, OPENINGS, TROUBLE, type Wordings } from "./wordings.ts"; // prettier-ignore

/** An invented maker of small devices for the house. Nobody else has these products, teams and rules. */
export const COMPANY = "Tallow & Finch";

/** The teams that a message may go to. Their names say nothing of what they do: only the company's people know. */
export const QUEUES = ["amber", "birch", "cobalt", "dune", "elm", "fjord"] as const;
export type Queue = (typeof QUEUES)[number];

/** The rules, the first that holds: this is what the model is to find out from what users do. */
export const POLICY: readonly [rule: string, queue: Queue][] = [
  ["anything that smokes, burns or leaks", "amber"],
  ["anything about money", "birch"],
  ["a device that came within the last days", "cobalt"],
  ["Pellby, Ostro, Quimble (devices for outside)", "dune"],
  ["Marrow, Tindle (devices for the kitchen)", "elm"],
  ["Hask, Luvo, Skerry (everything else)", "fjord"],
];

const OUTSIDE = ["Pellby", "Ostro", "Quimble"];
const KITCHEN = ["Marrow", "Tindle"];
const ELSE = ["Hask", "Luvo", "Skerry"];
const ALL = [...OUTSIDE, ...KITCHEN, ...ELSE];

interface Kind {
  wordings: readonly Wordings[];
  devices: readonly string[];
}

/** What comes to each team. Where two rules hold, the message must still find the first. */
const KINDS: Readonly<Record<Queue, Kind>> = {
  amber: { wordings: [DANGER, DANGER, DANGER, NEW_AND_DANGER], devices: ALL },
  birch: { wordings: [MONEY, MONEY, MONEY, NEW_AND_MONEY], devices: ALL },
  cobalt: { wordings: [NEW], devices: ALL },
  dune: { wordings: [TROUBLE], devices: OUTSIDE },
  elm: { wordings: [TROUBLE], devices: KITCHEN },
  fjord: { wordings: [TROUBLE], devices: ELSE },
};

export interface CompanyMessage {
  text: string;
  /** Where the rules send it. */
  queue: Queue;
  /** The sentence that it is made of, `$` for the device. */
  wording: string;
}

/** A message to the company, every queue as likely. @param unheard in sentences that nobody has used before */
export function drawMessage(random: Random, unheard: boolean): CompanyMessage {
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const from = (of: Wordings): string => pick(unheard ? of.unheard : of.heard);
  const queue = pick(QUEUES);
  const { wordings, devices } = KINDS[queue];
  const wording = from(pick(wordings));
  const said = wording.replace("$", pick(devices));
  return { queue, wording, text: [from(OPENINGS), said, from(CLOSINGS)].filter(Boolean).join(" ") };
}
