import type { Random } from "@flywheel/evals/statistics";

/** An invented maker of small devices for the house. Nobody else has these products, teams and rules. */
export const COMPANY = "Tallow & Finch";

/** The teams that a message may go to. Their names say nothing of what they do: only the company's people know. */
export const QUEUES = ["amber", "birch", "cobalt", "dune", "elm", "fjord"] as const;
export type Queue = (typeof QUEUES)[number];

/** The rules, the first that holds: this is what the model is to find out from what users do. */
export const POLICY: readonly [rule: string, queue: Queue][] = [
  ["anything that smokes, burns or leaks", "amber"],
  ["anything about money", "birch"],
  ["a device that came this week", "cobalt"],
  ["Pellby, Ostro, Quimble (devices for outside)", "dune"],
  ["Marrow, Tindle (devices for the kitchen)", "elm"],
  ["Hask, Luvo, Skerry (everything else)", "fjord"],
];

const OUTSIDE = ["Pellby", "Ostro", "Quimble"];
const KITCHEN = ["Marrow", "Tindle"];
const ELSE = ["Hask", "Luvo", "Skerry"];

/** One way of putting things. `$` is the device. Who trains never sees the second list of each. */
type Wordings = readonly [heard: readonly string[], unheard: readonly string[]];

const DANGER: Wordings = [
  [
    "There is smoke coming out of my $",
    "My $ got so hot that it burned the shelf",
    "The $ leaks some brown fluid all over the floor",
    "I smell burning plastic whenever the $ runs",
    "Sparks flew from the $ just now",
  ],
  ["The cable of the $ is burning hot", "My $ is smoking", "A puddle has leaked out of the $"],
];

const MONEY: Wordings = [
  [
    "You took the price of the $ from my account twice",
    "How do I get my money back for the $",
    "The invoice for my $ has the wrong total",
    "I was charged a fee for the $ that nobody told me of",
    "Can I pay for the $ in three parts",
  ],
  [
    "I paid for the $ but the invoice says unpaid",
    "The total you charged for my $ is too high",
    "I want my money back for this $",
  ],
];

const NEW: Wordings = [
  [
    "The $ that came this week does nothing",
    "I unpacked my $ this week and it is dead",
    "This week my $ came, and it will not start",
    "My $, bought this week, blinks red",
    "I have had the $ since this week and it already fails",
  ],
  [
    "My $ arrived this week and stays dark",
    "The $ I got this week keeps stopping",
    "This week's parcel had a $ in it that is broken",
  ],
];

const TROUBLE: Wordings = [
  [
    "My $ has lost its settings",
    "The $ will not connect any more",
    "How do I clean the $ properly",
    "The light on the $ blinks three times and then stops",
    "After a year my $ is getting slow",
    "Where do I find the serial number of a $",
    "My $ makes a clicking noise at night",
    "The lid of the $ is stuck",
  ],
  [
    "Nothing I press on the $ does anything",
    "Could somebody tell me how to reset a $",
    "My old $ rattles",
    "The $ shows the wrong time",
    "The app does not find my $",
  ],
];

const BEFORE: Wordings = [
  ["", "", "Hello.", "Hi team,", "Good morning!", "Sorry to bother you."],
  ["", "Dear all,", "Evening.", "Quick one:"],
];
const AFTER: Wordings = [
  ["", "", "Please help.", "What now?", "Thanks in advance.", "We use it every day."],
  ["", "Any idea?", "It is rather urgent.", "Many thanks."],
];

const KINDS: Readonly<Record<Queue, { wordings: Wordings; devices: readonly string[] }>> = {
  amber: { wordings: DANGER, devices: [...OUTSIDE, ...KITCHEN, ...ELSE] },
  birch: { wordings: MONEY, devices: [...OUTSIDE, ...KITCHEN, ...ELSE] },
  cobalt: { wordings: NEW, devices: [...OUTSIDE, ...KITCHEN, ...ELSE] },
  dune: { wordings: TROUBLE, devices: OUTSIDE },
  elm: { wordings: TROUBLE, devices: KITCHEN },
  fjord: { wordings: TROUBLE, devices: ELSE },
};

export interface CompanyMessage {
  text: string;
  /** Where the rules send it. */
  queue: Queue;
}

/** A message to the company, every queue as likely. @param unheard in words that nobody has used before */
export function drawMessage(random: Random, unheard: boolean): CompanyMessage {
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const queue = pick(QUEUES);
  const { wordings, devices } = KINDS[queue];
  const from = (of: Wordings) => pick(of[unheard ? 1 : 0]);
  const said = from(wordings).replace("$", pick(devices));
  const end = /^(How|Can|Where|Could)/.test(said) ? "?" : ".";
  return { queue, text: [from(BEFORE), `${said}${end}`, from(AFTER)].filter(Boolean).join(" ") };
}
