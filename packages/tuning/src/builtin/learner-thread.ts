import { parentPort, workerData } from "node:worker_threads";
import { adapterLayout } from "./adapter.ts";
import { largest } from "../largest.ts";
import { Learner } from "./learner.ts";
import type { Lessons } from "./texts.ts";
import { readWeights } from "./weights.ts";

/** What a thread of the crew is given. */
export interface CrewMember {
  base: string;
  lessons: Lessons;
  rank: number;
  alpha: number;
  beta: number;
  values: SharedArrayBuffer;
  gradient: SharedArrayBuffer;
}

/** Lessons by their numbers: of the training data to learn from, of the validation data to measure. */
export interface Order {
  type: "learn" | "measure";
  lessons: readonly number[];
}

const { base, lessons, rank, alpha, beta, values, gradient } = workerData as CrewMember;
const weights = await readWeights(base);
const adapter = {
  rank,
  scale: alpha / rank,
  pairs: adapterLayout(weights, rank).pairs,
  values: new Float32Array(values),
};
const lengths = [...lessons.train, ...lessons.validation].flatMap(({ text, worse }) => [text.ids.length, worse?.ids.length ?? 0]); // prettier-ignore
const learner = new Learner(weights, adapter, largest(lengths), { beta });
const shared = new Float32Array(gradient);

parentPort!.on("message", ({ type, lessons: chosen }: Order) => {
  learner.begin();
  const of = type === "learn" ? lessons.train : lessons.validation;
  const asked = chosen.map((i) => of[i]!);
  const learned = type === "learn" ? learner.learn(asked) : learner.measure(asked);
  shared.set(learner.gradient);
  parentPort!.postMessage(learned); // oxlint-disable-line unicorn/require-post-message-target-origin -- a thread, not a window
});
