import type { EvalPower } from "@flywheel/protocol";
import { detectableDifference, detectableShare, requiredRows, requiredShareRows } from "../statistics/power.ts";
import { promptVariants } from "../variability/variants.ts";
import { questionsOf } from "./answers.ts";
import type { Definition, Evaluator, Prompt } from "./definition.ts";
import type { EvalExample } from "./examples.ts";
import { ruleText } from "./gate.ts";
import type { RunInput } from "./run.ts";
import { clusterOf } from "./summary.ts";

/** What a run will ask one model for one purpose. */
export interface CallPlan {
  readonly model: string;
  /** `answers`, or the name of the evaluator that asks. */
  readonly purpose: string;
  /** Of an evaluator: at most, as what it said of the same answer before is kept. */
  readonly calls: number;
  /** Not asked: they are known from earlier runs. */
  readonly kept: number;
  /** About so many tokens are sent; `null` where that depends on the answers. */
  readonly inputTokens: number | null;
}

/** What a run will do and could find, known before anyone is asked. */
export interface RunPlan {
  readonly name: string;
  readonly rows: number;
  readonly users: number;
  readonly calls: readonly CallPlan[];
  readonly power: readonly EvalPower[];
}

const POWER = 0.8;
/** Five points: what promotion guards protected slices by. */
const WANTED = 0.05;
/** Share of rows that only one of two models gets right, as usual between a model and its tuned successor. */
const DISCORDANCE = 0.2;
/** How alike the rows of a user are. */
const CORRELATION = 0.15;
/** The low end of a 95 % interval. */
const SURELY = 0.025;

/** What a run asks of whom, before it is known how. */
export type PlanInput = Pick<
  RunInput,
  "name" | "definition" | "examples" | "model" | "against" | "variants" | "journal" | "prompt" | "behind"
>;

export async function planRun(input: PlanInput): Promise<RunPlan> {
  const { name, definition, examples, model, against, prompt } = input;
  const variants = input.variants ? promptVariants(definition.paraphrases) : [];
  const asked: [string, Prompt | undefined][] = [
    ...(against === undefined ? [] : [[against, prompt] as [string, Prompt | undefined]]),
    [model, prompt],
    ...variants.map(({ rewrite }): [string, Prompt] => [model, rewrite(prompt)]),
  ];
  const answers = await Promise.all(asked.map(([one, how]) => answerCalls(input, one, how)));
  const primary = definition.evaluators.find((one) => one.name === definition.primary)!;
  const scored = [
    ...definition.evaluators,
    ...variants.map(() => primary),
    ...(against === undefined || primary.type === "pairwise" ? [] : [primary]),
  ];
  return {
    name,
    rows: examples.length,
    users: new Set(examples.map(clusterOf)).size,
    calls: together([...answers, ...scored.flatMap((evaluator) => evaluatorCalls(evaluator, examples.length))]),
    power: powerOfRun(definition, examples),
  };
}

const CHARACTERS_A_TOKEN = 4;

async function answerCalls(
  { definition, examples, journal, behind }: PlanInput,
  model: string,
  prompt: Prompt | undefined,
): Promise<CallPlan> {
  const questions = await questionsOf(examples, { model, definition, prompt, behind });
  const open = questions.filter(({ key }) => journal.get(key) === undefined);
  const characters = open.reduce((sum, { messages }) => sum + JSON.stringify(messages).length, 0);
  return { model, purpose: "answers", calls: open.length, kept: questions.length - open.length, inputTokens: Math.ceil(characters / CHARACTERS_A_TOKEN) }; // prettier-ignore
}

const CALLS_A_ROW: Partial<Record<Evaluator["type"], number>> = { judge: 1, pairwise: 2, similarity: 1 };

function evaluatorCalls(evaluator: Evaluator, rows: number): CallPlan[] {
  const calls = CALLS_A_ROW[evaluator.type];
  if (calls === undefined || !("model" in evaluator)) return [];
  return [{ model: evaluator.model, purpose: evaluator.name, calls: calls * rows, kept: 0, inputTokens: null }];
}

function together(calls: readonly CallPlan[]): CallPlan[] {
  const byWhat = Map.groupBy(calls, ({ model, purpose }) => `${purpose}\n${model}`);
  return [...byWhat.values()].map((some) => ({
    ...some[0]!,
    calls: some.reduce((sum, one) => sum + one.calls, 0),
    kept: some.reduce((sum, one) => sum + one.kept, 0),
    inputTokens: some.reduce<number | null>((sum, { inputTokens }) => (sum === null || inputTokens === null ? null : sum + inputTokens), 0), // prettier-ignore
  }));
}

/**
 * What rows can show in 80 % of the cases: of two models asked them both, and of each rule of the gate. Scores are taken
 * for right or wrong, which is the hardest case.
 */
export function powerOfRun({ gate }: Pick<Definition, "gate">, examples: readonly EvalExample[]): EvalPower[] {
  const rows = examples.length;
  const designEffect = designEffectOf(examples);
  const paired = { discordance: DISCORDANCE, alpha: 0.05, sides: 2, designEffect } as const;
  const rules = Object.entries(gate).filter(([, { atLeast }]) => atLeast > 0 && atLeast < 1);
  return [
    {
      rule: null,
      difference: detectableDifference(paired, rows, POWER),
      wanted: WANTED,
      needed: requiredRows({ ...paired, difference: WANTED }, POWER),
    },
    ...rules.map(([name, rule]): EvalPower => {
      const { atLeast, lowerBound = false } = rule;
      const plan = { floor: atLeast, alpha: lowerBound ? SURELY : 0.5, designEffect };
      const wanted = Math.min(WANTED, 1 - atLeast);
      return {
        rule: ruleText(name, rule),
        difference: detectableShare(plan, rows, POWER),
        wanted,
        needed: requiredShareRows(plan, wanted, POWER),
      };
    }),
  ];
}

/** What rows of one user have in common costs (Kish 1965, with users of unequal size): 1 + (Σm²/Σm − 1) · correlation. */
function designEffectOf(examples: readonly EvalExample[]): number {
  const sizes = [...Map.groupBy(examples, clusterOf).values()].map(({ length }) => length);
  const weighted = sizes.reduce((sum, size) => sum + size * size, 0) / examples.length;
  return 1 + (weighted - 1) * CORRELATION;
}
