import type { Random } from "./random.ts";

/** What the sample company's customers and staff write. Everything is invented: Fernway, a shop for outdoor gear. */

const FIRST_NAMES = ["Amara", "Bjorn", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hiro", "Imani", "Jonas", "Keiko", "Lucia", "Mateus", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sanna", "Tomasz", "Uma", "Viktor", "Wanda", "Yusuf", "Zofia"]; // prettier-ignore
const PRODUCTS = ["Tarn 2 tent", "Ridge 45 pack", "Moss fleece", "Skylark rain jacket", "Cairn boots", "Lumen headlamp", "Brook filter", "Ember stove", "Drift sleeping bag", "Scree poles", "Fjord base layer", "Heron dry bag", "Alder mug", "Summit gloves", "Pika daypack", "Willow hammock"]; // prettier-ignore
const COLOURS = ["slate", "moss", "rust", "sand", "navy", "plum"];
const CITIES = ["Bergen", "Lyon", "Porto", "Gdańsk", "Turin", "Leeds", "Graz", "Ghent", "Malmö", "Bilbao", "Kraków", "Cork"]; // prettier-ignore
const FAULTS = ["the zip came off", "a seam opened", "it leaks at the shoulder", "the buckle snapped", "the battery lasts an hour", "the sole is coming loose", "the valve hisses", "a pole splintered", "the coating is peeling", "the strap frayed"]; // prettier-ignore
const PLACES = ["on the first trip", "in light rain", "after two weeks", "straight out of the box", "halfway up a hill", "at minus five", "on a ferry crossing", "during a night hike"]; // prettier-ignore
const OPENERS = ["Hi,", "Hello there,", "Hey,", "Good morning,", "Hi team,", "", "", "Sorry to bother you again,", "Quick question:"]; // prettier-ignore
const CLOSERS = ["Thanks!", "Cheers", "Thank you in advance.", "Please let me know.", "", "", "This is getting frustrating.", "No rush."]; // prettier-ignore

/** Details that one exchange speaks of. */
export interface Details {
  name: string;
  product: string;
  other: string;
  colour: string;
  order: string;
  city: string;
  amount: string;
  day: string;
  fault: string;
  place: string;
  size: string;
}

export function drawDetails(random: Random): Details {
  return {
    name: random.pick(FIRST_NAMES),
    product: random.pick(PRODUCTS),
    other: random.pick(PRODUCTS),
    colour: random.pick(COLOURS),
    order: `FW-${random.whole(100_000, 999_999)}`,
    city: random.pick(CITIES),
    amount: `€${random.whole(12, 480)}.${random.pick(["00", "50", "90", "95"])}`,
    day: random.pick(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "the 3rd", "the 12th", "the 21st"]),
    fault: random.pick(FAULTS),
    place: random.pick(PLACES),
    size: random.pick(["S", "M", "L", "XL", "39", "41", "43", "45"]),
  };
}

/** What a customer may want, in several wordings, and what the assistant says. */
export interface Intent {
  name: string;
  weight: number;
  asks: readonly ((d: Details) => string)[];
  answers: readonly ((d: Details) => string)[];
  follow: readonly ((d: Details) => string)[];
}

export const INTENTS: readonly Intent[] = [
  {
    name: "where is it",
    weight: 9,
    asks: [
      (d) => `my order ${d.order} was meant to reach ${d.city} by ${d.day} and there is no sign of it.`,
      (d) => `tracking for ${d.order} has said "label created" since ${d.day}. Is the ${d.product} lost?`,
      (d) => `any news on the ${d.colour} ${d.product}? Order ${d.order}, going to ${d.city}.`,
      (d) => `the courier says they tried on ${d.day}, but I was home all day. It is ${d.order}.`,
    ],
    answers: [
      (d) =>
        `I'm sorry about the wait, ${d.name}. ${d.order} left our warehouse and is with the courier in ${d.city}. If it has not moved by tomorrow evening I will send a second ${d.product} and you need not return the first.`,
      (d) =>
        `Thanks for the number. The parcel for ${d.order} is held at the depot in ${d.city}, because the street number was missing. Reply with it and it goes out on the next round.`,
    ],
    follow: [
      (d) => `It is number ${d.order.slice(-2)}. Will that still make ${d.day}?`,
      () => "Fine, please do that then.",
    ],
  },
  {
    name: "broken",
    weight: 7,
    asks: [
      (d) => `${d.fault} on my ${d.product} ${d.place}. Bought as ${d.order}.`,
      (d) => `I expected more of the ${d.product}: ${d.fault} ${d.place}. Order ${d.order}, paid ${d.amount}.`,
      (d) => `is it normal that ${d.fault} ${d.place}? This is the ${d.colour} ${d.product}, ${d.order}.`,
    ],
    answers: [
      (d) =>
        `That should not happen, ${d.name}. The ${d.product} has a five-year guarantee, so you can choose: a repair, a new one in ${d.colour}, or ${d.amount} back. A photo of the damage is all we need.`,
      (d) =>
        `I'm sorry that ${d.fault}. I have opened a guarantee case for ${d.order}; the return label is on its way to you, and the replacement ships as soon as the label is scanned.`,
    ],
    follow: [(d) => `A new one, please, but in size ${d.size}.`, () => "Could I have the money back instead?"],
  },
  {
    name: "return",
    weight: 6,
    asks: [
      (d) => `the ${d.product} from ${d.order} is too small in ${d.size}. How do I send it back?`,
      (d) =>
        `I ordered two sizes of the ${d.product} and want to return one. ${d.order}. Does it cost anything from ${d.city}?`,
      (d) => `can I swap the ${d.colour} ${d.product} for the ${d.other}? Tags are still on, order ${d.order}.`,
    ],
    answers: [
      (d) =>
        `Returns from ${d.city} are free within 30 days. Print the label from your account under ${d.order}, put the ${d.product} in any box, and drop it at a parcel shop. The refund takes three working days.`,
      (d) =>
        `Of course, ${d.name}. I've reserved the ${d.other} for you. Once the ${d.product} is scanned, we send it and settle the difference to the card you paid with.`,
    ],
    follow: [() => "Do I need the original box?", (d) => `And if I only get to it after ${d.day}?`],
  },
  {
    name: "charged twice",
    weight: 4,
    asks: [
      (d) => `my bank shows ${d.amount} twice for ${d.order}. Please sort it out.`,
      (d) => `why was I charged ${d.amount} on ${d.day} when ${d.order} was cancelled?`,
      (d) => `the voucher did not come off: ${d.order} cost me ${d.amount}.`,
    ],
    answers: [
      (d) =>
        `I see both entries for ${d.order}. One of them is only a reservation of ${d.amount}, which your bank releases within five days. If it is still there after that, write to me and I will refund it by hand.`,
      (d) =>
        `You are right, ${d.name}, and I'm sorry. I have sent ${d.amount} back to your card today; banks take until ${d.day} to show it.`,
    ],
    follow: [() => "It has been six days already.", (d) => `Could you send me an invoice for ${d.order} as well?`],
  },
  {
    name: "advice",
    weight: 8,
    asks: [
      (d) => `which pack would you take with the ${d.product} for three days near ${d.city}?`,
      (d) => `is the ${d.product} warm enough at minus five, or do I need the ${d.other}?`,
      (d) => `does the ${d.product} fit in the ${d.other}? I have the ${d.colour} one in ${d.size}.`,
      (d) => `I'm between sizes for the ${d.product}. 178 cm, usually ${d.size}. What do you suggest?`,
    ],
    answers: [
      (d) =>
        `For three days I would pair the ${d.product} with the ${d.other}: together they stay under nine kilos, and both dry overnight. If rain is likely around ${d.city}, add a liner.`,
      (d) =>
        `The ${d.product} is comfortable down to about two degrees. Below that, the ${d.other} is the better choice, or a base layer under it. In ${d.size}, most people of your height like the fit.`,
    ],
    follow: [(d) => `And which colour shows dirt less, ${d.colour} or sand?`, () => "How heavy are they together?"],
  },
  {
    name: "account",
    weight: 3,
    asks: [
      (d) => `I can't log in since ${d.day}: it says my address is unknown, but ${d.order} is under it.`,
      (d) => `please delete my account and all data. My last order was ${d.order}.`,
      (d) => `I moved from ${d.city}. Where do I change the address for ${d.order}?`,
    ],
    answers: [
      (d) =>
        `I found two accounts with ${d.order}; the newer one has no password yet. Choose "forgot password" with the address of your order mail, and I will merge them.`,
      (d) =>
        `Done, ${d.name}: the address for ${d.order} is open for changes until it is packed. Everything else is under "my details".`,
    ],
    follow: [() => "The mail never arrives. I looked in spam.", () => "Great, that worked."],
  },
  {
    name: "stock",
    weight: 4,
    asks: [
      (d) => `when will the ${d.colour} ${d.product} be back in ${d.size}?`,
      (d) => `is there a shop near ${d.city} where I could try the ${d.product}?`,
      (d) => `could you keep one ${d.product} in ${d.colour} until ${d.day}? I'd pay ${d.amount} right away.`,
    ],
    answers: [
      (d) =>
        `The ${d.product} in ${d.colour}, ${d.size}, is due on ${d.day}. I have put you on the list; you get a mail an hour before everyone else.`,
      (d) =>
        `Our partner in ${d.city} has the ${d.product} in ${d.size} to try on, though not in ${d.colour}. Shall I have one set aside under your name, ${d.name}?`,
    ],
    follow: [(d) => `Yes please, until ${d.day}.`, (d) => `What about the ${d.other} instead?`],
  },
];

export function framed(random: Random, text: string): string {
  const opener = random.pick(OPENERS);
  const body = opener === "" ? text[0]!.toUpperCase() + text.slice(1) : text;
  return [opener, body, random.pick(CLOSERS)].filter(Boolean).join(" ");
}

const PRAISE = ["kept me dry for a week", "lighter than it looks", "packs down to nothing", "survived my dog", "worth every cent", "the best I've had"]; // prettier-ignore
const BLAME = ["the colour fades", "runs small", "noisy in wind", "heavier than promised", "the pockets are useless", "took ages to dry"]; // prettier-ignore

export function drawReview(random: Random, d: Details): { text: string; stars: number; good: string; bad: string } {
  const stars = random.weighted([[5, 4], [4, 4], [3, 2], [2, 1], [1, 1]]); // prettier-ignore
  const [good, bad] = [random.pick(PRAISE), random.pick(BLAME)];
  const text = `${d.product} in ${d.colour}, size ${d.size}, used around ${d.city} for ${random.whole(2, 60)} days: ${good}, but ${bad}. ${d.fault[0]!.toUpperCase()}${d.fault.slice(1)} ${d.place}, order ${d.order}. ${stars} of 5.`;
  return { text, stars, good, bad };
}
