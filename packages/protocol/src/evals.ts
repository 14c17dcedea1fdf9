/** A mean with its 95 % interval; `low` and `high` are `null` where nothing can be said. */
export interface MeanInterval {
  estimate: number;
  low: number | null;
  high: number | null;
}

/** What an evaluator made of a run. */
export interface EvaluatorResult {
  name: string;
  type: string;
  /** Of the scores, 0 to 1; `null` where there is none. */
  mean: MeanInterval | null;
  scored: number;
  /** Rows that the evaluator could not score, such as a judge that answered nonsense. They are no scores. */
  failures: number;
  /** Rows that it has nothing to say of, such as those without an expected answer. */
  inapplicable: number;
  /** Of a judge that compares two answers, each pair in both orders. */
  position?: JudgePosition;
  /** Of a judge whose definition names labels: what people would say. The gate goes by it. */
  human?: HumanEstimate;
  /** By slice. */
  slices: Record<string, MeanInterval & { scored: number }>;
}

/** What people would have said of all answers, estimated from a judge of all and labels of few. */
export interface HumanEstimate {
  /** `null`: nothing can be said; `reason` says why. */
  mean: MeanInterval | null;
  /** Why there is no mean; "" where there is. */
  reason: string;
  /** Answers of this run that people scored. */
  labels: number;
  /** How many labels alone would tell as much. */
  effective_labels: number | null;
  /** How much higher the judge scores than people do, on average over the labelled answers; `null` where there is no mean. */
  judge_above: MeanInterval | null;
}

/** Whether a judge looks at the answers or at where they stand. */
export interface JudgePosition {
  /** Pairs with two verdicts. */
  pairs: number;
  /** Share with the same verdict in both orders; the others count as ties. */
  consistent: MeanInterval;
  /** Of the others, the share in which the answer shown first won: 0.5 = no bias. */
  first_preferred: MeanInterval | null;
}

/** The run beside another model's, on the same rows. */
export interface EvalComparison {
  against: string;
  evaluator: string;
  baseline: number;
  candidate: number;
  difference: MeanInterval;
  /** Two-sided McNemar's mid-p where scores are right or wrong and no user has two rows, else `null`. */
  p: number | null;
}

/** What a run of so many rows could find, known before anyone is asked. */
export interface EvalPower {
  /** A rule of the gate; `null`: two models on these rows. */
  rule: string | null;
  /** Between the models, or of the truth above what the rule asks for: found in 80 % of the cases. `null`: never is. */
  difference: number | null;
  /** What one would like to find, and the rows that it takes. */
  wanted: number;
  needed: number;
}

export interface GateCheck {
  rule: string;
  passed: boolean;
  detail: string;
}

/** How much the way of asking matters. */
export interface PromptVariability {
  variants: { name: string; mean: number }[];
  /** Of the means over the variants. */
  mean: MeanInterval;
  min: number;
  max: number;
  /** Between variants, what rows alone would make taken away (two-way random effects). */
  deviation: number;
  /** How often two variants disagree about a row. */
  disagreement: MeanInterval;
}

/** One run of an evaluation. */
export interface EvalRun {
  id: string;
  name: string;
  /** Epoch milliseconds. */
  created: number;
  model: string;
  rows: number;
  users: number;
  /** Rows that the model did not answer; they score 0. */
  unanswered: number;
  evaluators: EvaluatorResult[];
  comparison: EvalComparison | null;
  variability: PromptVariability | null;
  gate: { passed: boolean; checks: GateCheck[] };
  power: EvalPower[];
  /** Answers that were kept from an earlier run. */
  reused: number;
  seconds: number;
}

/** What one evaluator says of one answer. */
export interface AnswerScore {
  /** 0 to 1; `null`: it could not be scored. */
  score: number | null;
  /** Why. */
  detail: string;
  /** The answer; "" where the model gave none. */
  generation_id: string;
}

/** One row of a run, by one evaluator. */
export interface EvalScore extends AnswerScore {
  example: string;
  evaluator: string;
  /** Of the model it is compared with; only where there is one, by the evaluator that models are compared by. */
  baseline?: AnswerScore;
}

/** `GET /api/evals`: newest first. */
export interface EvalRunList {
  data: EvalRun[];
  /** Files of runs that cannot be read. */
  damaged: string[];
}

/** `GET /api/evals/:id` */
export interface EvalRunDetail extends EvalRun {
  scores: EvalScore[];
  /** Scores that were kept and cannot be read. */
  damaged_scores: number;
}
