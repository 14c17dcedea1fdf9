import type { Hyperparameters } from "@flywheel/protocol";
import type { Adapter } from "./adapter.ts";
import { Network, type Sequence } from "./network.ts";
import type { Lesson } from "./texts.ts";
import type { Weights } from "./weights.ts";

/** What some lessons come to. */
export interface Learned {
  /** Σ of what is to be made small. */
  loss: number;
  /** What the loss is counted in: weighted tokens, or pairs. */
  count: number;
  tokens: number;
}

/** Learns from lessons, one after the other; where one runs, others may run beside it. */
export class Learner {
  readonly gradient: Float32Array;
  readonly #network: Network;
  readonly #beta: number;
  /** What the model said of a pair before it learned anything. */
  readonly #before = new WeakMap<Lesson, number>();

  constructor(weights: Weights, adapter: Adapter, longest: number, { beta }: Pick<Hyperparameters, "beta">) {
    this.#network = new Network(weights, adapter, longest);
    this.#beta = beta;
    this.gradient = new Float32Array(adapter.values.length);
  }

  /** Takes over what the adapter's values are now, and forgets the gradient. */
  begin(): void {
    this.gradient.fill(0);
    this.#network.adapt();
  }

  /** Adds to the gradient. */
  learn(lessons: readonly Lesson[]): Learned {
    return sum(
      lessons.map((lesson) => (lesson.worse ? this.#prefer(lesson, lesson.worse, true) : this.#imitate(lesson))),
    );
  }

  measure(lessons: readonly Lesson[]): Learned {
    return sum(
      lessons.map((lesson) => (lesson.worse ? this.#prefer(lesson, lesson.worse, false) : this.#surprise(lesson))),
    );
  }

  #imitate({ text, weight }: Lesson): Learned {
    const weights = weight === 1 ? text.weights : text.weights.map((each) => each * weight);
    const loss = this.#network.learn({ ids: text.ids, weights }, this.gradient);
    return { loss, count: total(weights), tokens: text.ids.length };
  }

  #surprise({ text, weight }: Lesson): Learned {
    return { loss: -this.#said(text, true) * weight, count: total(text.weights) * weight, tokens: text.ids.length };
  }

  /**
   * Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290): −log σ(β · (how much more the better answer is
   * preferred to the worse one than before)).
   */
  #prefer(lesson: Lesson, worse: Sequence, learn: boolean): Learned {
    const { text, weight } = lesson;
    const difference = (on: boolean) => this.#said(text, on) - this.#said(worse, on);
    if (!this.#before.has(lesson)) this.#before.set(lesson, difference(false));
    const margin = this.#beta * (difference(true) - this.#before.get(lesson)!);
    if (learn) {
      const push = (this.#beta * weight) / (1 + Math.exp(margin));
      this.#network.learn({ ids: text.ids, weights: text.weights.map((each) => each * push) }, this.gradient);
      this.#network.learn({ ids: worse.ids, weights: worse.weights.map((each) => -each * push) }, this.gradient);
    }
    return { loss: weight * Math.log1p(Math.exp(-margin)), count: weight, tokens: text.ids.length + worse.ids.length };
  }

  /** Log-probability of what counts in a text. */
  #said({ ids, weights }: Sequence, on: boolean): number {
    return this.#network
      .logprobs({ ids }, on)
      .reduce((all, each, i) => (weights[i] ? all + each * weights[i] : all), 0);
  }
}

const total = (values: readonly number[]) => values.reduce((all, each) => all + each, 0);

export function sum(parts: readonly Learned[]): Learned {
  return parts.reduce((all, { loss, count, tokens }) => ({ loss: all.loss + loss, count: all.count + count, tokens: all.tokens + tokens }), { loss: 0, count: 0, tokens: 0 }); // prettier-ignore
}
