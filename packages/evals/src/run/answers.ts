import { FlywheelError } from "@flywheel/protocol";
import type { Message } from "flywheel";
import type { Definition, Prompt } from "./definition.ts";
import { type EvalExample, hashOf } from "./examples.ts";
import { type Journal, modelKey } from "./journal.ts";
import { type ModelApi, ModelFailure, ModelRefusal } from "./model-api.ts";
import { inParallel } from "./parallel.ts";

/** What a model said to a row. */
export interface Answer {
  readonly output: string;
  readonly seconds: number;
  readonly generation_id: string;
  /** Why there is none, or "". */
  readonly error: string;
}

export interface Asking {
  readonly model: string;
  readonly definition: Definition;
  readonly api: ModelApi;
  readonly journal: Journal;
  /** Where the project's code makes the prompt. */
  readonly prompt: Prompt | undefined;
  /** What stands behind a model's name now, where that can change: a kept answer of something else is none. */
  readonly behind: Readonly<Record<string, string>>;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  onAnswer(done: number, reused: boolean): void;
}

/** What a model is asked of a row, and where its answer is kept. */
export interface Question {
  readonly key: string;
  readonly messages: readonly Message[];
  readonly options: { temperature: number; maxOutputTokens?: number };
}

export async function questionsOf(
  examples: readonly EvalExample[],
  { model, definition, prompt, behind }: Pick<Asking, "model" | "definition" | "prompt" | "behind">,
): Promise<Question[]> {
  const inputs = examples.map(({ input }) => input);
  const prompts = prompt ? await prompt(inputs) : inputs.map((input) => defaultPrompt(model, input));
  const { temperature, maxOutputTokens } = definition;
  const options = { temperature, ...(maxOutputTokens !== undefined && { maxOutputTokens }) };
  return prompts.map((messages) => ({
    key: `answer ${hashOf([...modelKey(model, { behind }), messages, options])}`,
    messages,
    options,
  }));
}

const FIRST = 5;

/**
 * Asks a model every row that was not asked yet. An answer is kept as it comes; one that failed is asked again in the
 * next run. Rejects where `signal` ends it. Throws `config_invalid` where a model refuses every row alike, and
 * `upstream_error` where it answers none of the first: that is no result.
 */
export async function askAll(examples: readonly EvalExample[], asking: Asking): Promise<Answer[]> {
  const { model, api, journal, concurrency, signal } = asking;
  const questions = await questionsOf(examples, asking);
  const answers: Answer[] = [];
  let [done, failed] = [0, 0];
  await inParallel(questions, concurrency, signal, async ({ key, messages, options }, index) => {
    const kept = journal.get(key) as Answer | undefined;
    const answer = kept ?? (await ask(api, model, messages, options));
    if (!kept && answer.error === "") journal.put(key, answer);
    answers[index] = answer;
    if (answer.error !== "" && ++failed === FIRST && failed === done + 1)
      throw new FlywheelError("upstream_error", { provider: model, reason: `none of ${FIRST} rows was answered. ${answer.error}` }); // prettier-ignore
    asking.onAnswer(++done, kept !== undefined);
  });
  return answers;
}

async function ask(
  api: ModelApi,
  model: string,
  messages: readonly Message[],
  options: { temperature: number; maxOutputTokens?: number },
): Promise<Answer> {
  try {
    const { text, seconds, generationId } = await api.chat(model, messages, options);
    return { output: text, seconds, generation_id: generationId, error: "" };
  } catch (error) {
    if (error instanceof ModelRefusal)
      throw new FlywheelError("config_invalid", { reason: `${model}: ${error.message}` });
    if (!(error instanceof ModelFailure)) throw error;
    return { output: "", seconds: 0, generation_id: "", error: error.message };
  }
}

/** An endpoint is given its input; a model the messages, the text, or the only text of the input. */
function defaultPrompt(model: string, input: unknown): readonly Message[] {
  if (Array.isArray(input)) return input as Message[];
  if (typeof input === "string") return [{ role: "user", content: input }];
  const values = Object.values(Object(input) as object) as unknown[];
  const only = !model.startsWith("endpoint/") && values.length === 1 ? values[0] : undefined;
  return [{ role: "user", content: typeof only === "string" ? only : JSON.stringify(input) }];
}
