import type { Message } from "./endpoint.ts";

/** One row to evaluate on. */
export interface EvalRow<Input = unknown, Output = unknown> {
  /** @default A hash of the row. */
  id?: string;
  input: Input;
  /** The right answer, where there is one. */
  expected?: Output;
  /** Whose row it is: rows of one user are alike, and the intervals know it. */
  user?: string;
  /** What it belongs to, such as a language or a queue. */
  slices?: readonly string[];
}

/** What an evaluator written in code is given. */
export interface CodeInput {
  input: unknown;
  expected: unknown;
  output: string;
}

/** How an answer is scored, 0 to 1. `name` is what the results and the gate call it, by default its type. */
export type EvaluatorInput =
  /** The whole answer is the expected one. */
  | { type: "exact"; name?: string; ignoreCase?: boolean }
  /** The answer is JSON; the score is the share of the expected one's fields, or of `fields`, that agree. */
  | { type: "json"; name?: string; fields?: readonly string[] }
  | { type: "regex"; name?: string; pattern: RegExp }
  /** The first number of the answer is within `tolerance` of the expected one. */
  | { type: "number"; name?: string; tolerance?: number; relative?: boolean }
  /** Cosine of the embeddings of the answer and the expected one; with `atLeast`, whether it is that. */
  | { type: "similarity"; name?: string; model: string; atLeast?: number }
  /** Runs where the project's other code runs, without files and network. */
  | { type: "code"; name?: string; score: (input: CodeInput) => number | boolean }
  /**
   * A model scores the answer by a rubric. `labels` is a file of what people said of a few answers (JSON lines, beside the
   * project's configuration; `flywheel eval --label 50` writes it): then the mean is theirs, the judge only makes it tighter.
   */
  | { type: "judge"; name?: string; model: string; rubric: string; labels?: string }
  /** A model prefers the answer or the other one (`--against`, or the expected one), asked in both orders. */
  | { type: "pairwise"; name?: string; model: string; rubric: string }
  /** Seconds until the whole answer was there. */
  | { type: "latency"; name?: string; atMost: number }
  /** Dollars. */
  | { type: "cost"; name?: string; atMost: number };

/** What the mean score of an evaluator must be. */
export interface GateRule {
  atLeast: number;
  /**
   * Whether the low end of the 95 % interval must be that high, not only the mean.
   *
   * @default false
   */
  lowerBound?: boolean;
}

/** What must hold, or `flywheel eval` ends with exit code 4: a rule for evaluators by name. */
export type GateInput = {
  /** Scores of `primary` may not be shown to be worse than those of `--against`. */
  noWorseThan?: "baseline";
} & { [evaluator: string]: GateRule | "baseline" | undefined };

/** A file of `evals/`. */
export interface EvalInput<Input, Output> {
  /** Rows, or a file of them beside the project's configuration (JSON lines), or a dataset: `name` or `name@version`. */
  dataset: string | readonly EvalRow<Input, Output>[];
  /**
   * A model, a route, or an endpoint as `endpoint/<name>`.
   *
   * @default "default"
   */
  model?: string;
  /** What a model is told of an input. Without it, an endpoint is given the input, a model its text or its messages. */
  prompt?: (input: Input) => string | readonly Message[];
  evaluators: readonly EvaluatorInput[];
  gate?: GateInput;
  /** The evaluator that models are compared by. @default The first. */
  primary?: string;
  /** Other ways to say the same: variants of the prompt, with `{input}` where the input goes. */
  paraphrases?: readonly string[];
  /** @default 0, so that a run can be repeated. */
  temperature?: number;
  maxOutputTokens?: number;
}

/** What `defineEval` returns. */
export interface EvalDefinition<Input, Output> extends EvalInput<Input, Output> {
  readonly kind: "eval";
}

/**
 * An evaluation: the default export of a file `evals/<name>.eval.ts`, run by `flywheel eval <name>`.
 *
 * @example
 * export default defineEval({
 *   dataset: "evals/tickets.jsonl",
 *   model: "endpoint/triage",
 *   evaluators: [{ type: "json", name: "fields" }, { type: "latency", atMost: 2 }],
 *   gate: { fields: { atLeast: 0.8, lowerBound: true } },
 * });
 */
export function defineEval<Input = unknown, Output = unknown>(
  definition: EvalInput<Input, Output>,
): EvalDefinition<Input, Output> {
  return { ...definition, kind: "eval" };
}
