import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BothOrders, Comparison, Verdict } from "../src/statistics/index.ts";

/** A pair of answers that a person chose between (LLMBar, Zeng et al. 2024; MT-bench, Zheng et al. 2023). */
export interface JudgedPair {
  id: string;
  subset: string;
  human: Verdict;
  longer: Verdict;
}

/** A judge with a way to ask it, and what it said of pairs. */
export interface RecordedJudge {
  name: string;
  model: string;
  prompt: string;
  verdicts: { pair: JudgedPair; both: BothOrders }[];
}

/** What LLMBar's authors counted for a judge on a subset. */
export interface PublishedCounts {
  subset: string;
  judge: string;
  prompt: string;
  /** Mean over pairs and orders, 0 to 1. */
  right: number;
  rightInBoth: number;
  same: number;
  pairs: number;
}

export interface JudgeRecords {
  pairs: JudgedPair[];
  judges: RecordedJudge[];
  published: PublishedCounts[];
}

type Row = Record<string, string> & { j: number; label: Verdict };

/** @param folder `judge-preferences` of the test data */
export function readJudgeRecords(folder: string): JudgeRecords {
  const lines = (file: string) =>
    readFileSync(join(folder, file), "utf8").trim().split("\n").map((line) => JSON.parse(line) as Row); // prettier-ignore
  const rows = [
    ...lines("llmbar.dev.jsonl"),
    ...lines("mtbench_human.dev.jsonl").map((row) => ({ ...row, subset: "MT-Bench" })),
  ] as Row[];
  const pairs = rows.map(({ subset, j, label, output_1, output_2 }): JudgedPair => ({ id: `${subset} ${j}`, subset: subset!, human: label, longer: output_2!.length > output_1!.length ? 2 : 1 })); // prettier-ignore
  const byId = new Map(pairs.map((pair) => [pair.id, pair]));
  const judges = new Map<string, RecordedJudge>();
  for (const row of lines("llmbar_recorded_judge_verdicts.dev.jsonl")) {
    const { judge, prompt, subset, j } = row as Row & { judge: string; prompt: string };
    const name = `${judge} ${prompt}`;
    if (!judges.has(name)) judges.set(name, { name, model: judge, prompt, verdicts: [] });
    const both = { asIs: verdictOf(row["winner_swap_False"]), swapped: verdictOf(row["winner_swap_True"]) };
    judges.get(name)!.verdicts.push({ pair: byId.get(`${subset} ${j}`)!, both });
  }
  const published = lines("llmbar_published_statistics.jsonl").map((row) => publishedOf(row));
  return { pairs, judges: [...judges.values()], published };
}

const verdictOf = (text: unknown): Verdict | null => (text === "1" ? 1 : text === "2" ? 2 : null);

/** `correct_both` is written `30 / 47 = 63.8…%`. */
function publishedOf({ subset, judge, prompt, correct_average, correct_both, equal }: Record<string, string>) {
  const [rightInBoth, pairs] = correct_both!.split(/ [/=] /).map(Number);
  const right = Number.parseFloat(correct_average!) / 100;
  return { subset: subset!, judge: judge!, prompt: prompt!, right, rightInBoth: rightInBoth!, same: Number.parseInt(equal!, 10), pairs: pairs! }; // prettier-ignore
}

/** How right a judge was about a pair over both orders: 0, ½ or 1. A verdict that it did not give is not right. */
export const rightness = ({ human }: JudgedPair, { asIs, swapped }: BothOrders): number =>
  (Number(asIs === human) + Number(swapped === human)) / 2;

/** Judges as contestants: of two, the one that was more often right about a pair wins there, as the people's vote has it. */
export function judgeContests(judges: readonly RecordedJudge[], pairs: readonly JudgedPair[]): Comparison[] {
  const right = judges.map(({ verdicts }) => new Map(verdicts.map(({ pair, both }) => [pair, rightness(pair, both)])));
  return pairs.flatMap((pair, cluster) =>
    judges.flatMap(({ name }, i) =>
      judges.slice(i + 1).flatMap((other, j): Comparison[] => {
        const [first, second] = [right[i]!.get(pair), right[i + 1 + j]!.get(pair)];
        if (first === undefined || second === undefined) return [];
        return [{ first: name, second: other.name, score: (1 + Math.sign(first - second)) / 2, cluster }];
      }),
    ),
  );
}
