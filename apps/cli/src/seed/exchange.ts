import type { Random } from "./random.ts";
import { type Details, drawDetails, drawReview, framed, INTENTS } from "./texts.ts";

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/** One request and the answer to it, before it is known which model gave it. */
export interface Exchange {
  route: string;
  messages: Message[];
  answer: string;
  stream: boolean;
  temperature: number;
  /** Ask for JSON. */
  json: boolean;
  /** Turns of one conversation share it; "" = none. */
  conversation: string;
  user: string;
}

const SUPPORT = "You are the support assistant of Fernway, a shop for outdoor gear. Be brief, warm and exact. Never promise what the policy does not allow."; // prettier-ignore
const EXTRACT = "Read a customer's message to Fernway. Answer with JSON: intent, order, product, urgency (1 to 3)."; // prettier-ignore
const REVIEW = "Summarise a review in one line for the product team. Name what is liked, what is not, and the stars."; // prettier-ignore
const COPY = "Write two sentences of product copy for Fernway. Concrete, no superlatives.";

/** The turns of one piece of work: a conversation gives several, everything else one. */
export function drawWork(random: Random, number: number): Exchange[] {
  const details = drawDetails(random);
  const work = random.weighted([
    [conversation, 6],
    [extraction, 3],
    [review, 3],
    [copy, 1],
  ]);
  return work(random, details, number);
}

function conversation(random: Random, d: Details, number: number): Exchange[] {
  const intent = random.weighted(INTENTS.map((each) => [each, each.weight] as const));
  const turns = random.weighted([[1, 5], [2, 4], [3, 1]]); // prettier-ignore
  const messages: Message[] = [
    { role: "system", content: SUPPORT },
    { role: "user", content: framed(random, random.pick(intent.asks)(d)) },
  ];
  const exchanges: Exchange[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const answer = random.pick(intent.answers)(d);
    exchanges.push({
      route: "support",
      messages: [...messages],
      answer,
      stream: true,
      temperature: 0.3,
      json: false,
      conversation: `sample-${number}`,
      user: `${d.name.toLowerCase()}-${d.order.slice(3)}`,
    });
    messages.push(
      { role: "assistant", content: answer },
      { role: "user", content: framed(random, random.pick(intent.follow)(d)) },
    );
  }
  return exchanges;
}

const single = (route: string, system: string, user: string, answer: string, json = false): Exchange[] => [
  {
    route,
    messages: [
      { role: "system", content: system },
      { role: "user", content: user },
    ],
    answer,
    stream: false,
    temperature: json ? 0 : 0.7,
    json,
    conversation: "",
    user: "",
  },
];

function extraction(random: Random, d: Details): Exchange[] {
  const intent = random.weighted(INTENTS.map((each) => [each, each.weight] as const));
  const text = framed(random, random.pick(intent.asks)(d));
  const found = { intent: intent.name, order: d.order, product: d.product, urgency: random.whole(1, 3) };
  return single("extract", EXTRACT, text, JSON.stringify(found), true);
}

function review(random: Random, d: Details): Exchange[] {
  const { text, stars, good, bad } = drawReview(random, d);
  return single("reviews", REVIEW, text, `${d.product}: liked (${good}), not liked (${bad}, ${d.fault}); ${stars}/5.`);
}

function copy(_random: Random, d: Details): Exchange[] {
  const ask = `${d.product}, ${d.colour}, ${d.amount}, for trips like the one around ${d.city}; campaign ${d.order.slice(3)}.`;
  const answer = `The ${d.product} is made for days that change their mind: ${d.colour}, quick to dry, and small enough to forget in your bag. Take it from ${d.city} to wherever the path ends.`;
  return single("copy", COPY, ask, answer);
}
