import { readFileSync } from "node:fs";
import { createRandom, type Random } from "@flywheel/evals/statistics";
import { sharedData } from "../../tests/recordings/shared-data.ts";

/** A message somebody wrote, and which of the desk's topics it is about. */
export interface Message {
  text: string;
  topic: string;
}

/** The intents of a public set that spark's desk knows, and its names for them. */
const TOPICS = readFileSync(new URL("../../models/spark/outside.txt", import.meta.url), "utf8");

/** Messages of BANKING77 or CLINC150 that spark's desk has a topic for, mixed; `undefined` where the set is not there. */
export function messagesOf(set: "banking77" | "clinc150", seed: number): Message[] | undefined {
  const file = sharedData(`intents/${set}.${set === "banking77" ? "train" : "trainval"}.jsonl`);
  if (!file) return undefined;
  const lines = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line) as { text: string; intent: string }); // prettier-ignore
  const topics = topicsOf(set);
  const known = new Map(lines.flatMap(({ text, intent }) => (topics.has(intent) ? [[text.trim(), topics.get(intent)!]] : []))); // prettier-ignore
  return shuffled([...known].map(([text, topic]) => ({ text, topic })), createRandom(seed)); // prettier-ignore
}

function topicsOf(set: string): Map<string, string> {
  const section = TOPICS.split(/^# /m).find((each) => each.startsWith(`${set}\n`))!;
  return new Map(section.trim().split("\n").slice(1).map((line) => line.split(" ") as [string, string])); // prettier-ignore
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}
