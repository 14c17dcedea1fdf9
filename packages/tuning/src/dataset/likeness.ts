import type { DatasetRow, DropReason, Split, TrainingMessage } from "@flywheel/protocol";
import type { Candidate } from "./candidates.ts";
import { contamination } from "./contamination.ts";
import { nearDuplicates } from "./minhash.ts";
import { largest } from "../largest.ts";
import { userOf } from "./split.ts";
import { isFrom, templatesOf, withoutTemplate, wordsOf } from "./text.ts";

/** A candidate that knows its split. */
export interface Placed extends Candidate {
  split: Split;
  /** Its user sent more than he may weigh. */
  isLoud?: boolean;
}

type Drop = (reason: DropReason, by?: number) => void;

/**
 * One row for prompts that are nearly the same, of each kind and split. Where they disagree, what most users say is
 * kept, and of that the newest: one who repeats himself counts once, and against as many others the loud count less.
 */
export async function leaveOutTwins(placed: readonly Placed[], threshold: number, drop: Drop): Promise<Placed[]> {
  const kept: Placed[] = [];
  for (const group of Map.groupBy(placed, ({ row, split }) => `${row.kind} ${split}`).values()) {
    const { inputs } = promptInputs(group);
    const texts = group.map(({ row }, index) => [inputs[index]!.join(" "), ...answersCompared(row)].join("\n"));
    const clusters = await nearDuplicates(texts, threshold);
    for (const cluster of clusters) {
      const voice = loudestVoice(cluster.map((index) => group[index]!));
      kept.push(voice.toSorted((a, b) => b.time - a.time || (a.row.id < b.row.id ? -1 : 1))[0]!);
      drop("near_duplicate", voice.length - 1);
      drop("contradicted", cluster.length - voice.length);
    }
  }
  return kept;
}

/** Of rows that should say the same, those that say what most users say. */
function loudestVoice(twins: readonly Placed[]): Placed[] {
  const voices = Map.groupBy(twins, ({ row }) => opinion(row));
  const users = (voice: readonly Placed[]) => new Set(voice.map(({ row }) => userOf(row.lineage))).size;
  const strength = (voice: readonly Placed[]) => users(voice) - (voice.every(({ isLoud }) => isLoud) ? 0.5 : 0);
  const newest = (voice: readonly Placed[]) => largest(voice.map(({ time }) => time));
  const [loudest] = [...voices.values()].toSorted((a, b) => strength(b) - strength(a) || newest(b) - newest(a));
  return loudest!;
}

type Row = Candidate["row"];

/** What two users can say differently of one prompt. */
function opinion(row: Row): string {
  if (row.kind === "example") return row.completion;
  return row.kind === "rating" ? String(row.desirable) : row.chosen;
}

/** Of an example the answer is the opinion; of the others it is what the opinion is about, whichever way round. */
function answersCompared(row: Row): string[] {
  if (row.kind === "example") return [];
  return row.kind === "rating" ? [row.completion] : [row.chosen, row.rejected].toSorted();
}

/**
 * What is trained on shares no prompt, nor 13 words of one, with what is measured on: this dataset's own `eval` and
 * `holdout`, and all of `against`. Templates around the input do not count.
 */
export function separateSplits(placed: readonly Placed[], against: readonly DatasetRow[], drop: Drop): Placed[] {
  const measured = contamination();
  const { inputs, templates } = promptInputs(placed);
  for (const [index, { split }] of placed.entries()) if (split !== "train") measured.add(inputs[index]!);
  for (const { messages } of against) {
    const words = wordsOf(lastUserText(messages));
    measured.add(withoutTemplate(words, templates.find((template) => isFrom(words, template)))); // prettier-ignore
  }
  return placed.filter(({ split }, index) => {
    if (split !== "train") return true;
    const found = measured.has(inputs[index]!);
    if (found) drop("contaminated");
    return !found;
  });
}

/** The words of each prompt that its user put there, and the templates around them. */
export function promptInputs(candidates: readonly Candidate[]) {
  const words = candidates.map(({ row }) => wordsOf(lastUserText(row.messages)));
  const groups = candidates.map(({ group }) => group);
  const templates = templatesOf(words, groups);
  const inputs = words.map((list, index) => withoutTemplate(list, templates.get(groups[index]!)));
  return { inputs, templates: [...templates.values()] };
}

function lastUserText(messages: readonly TrainingMessage[]): string {
  return messages.findLast(({ role }) => role === "user")?.content ?? messages.map(({ content }) => content).join("\n");
}
