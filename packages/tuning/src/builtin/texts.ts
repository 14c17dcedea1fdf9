import type { Example, Preference } from "@flywheel/protocol";
import { openTrainingText, type TrainingText } from "@flywheel/local/training-text";
import { checkData } from "../check-data.ts";
import type { TrainingData } from "../trainer.ts";
import type { Sequence } from "./network.ts";

/** What is learned from at once: one text, or a better and a worse one. */
export interface Lesson {
  /** To imitate, or the better one. */
  text: Sequence;
  /** The worse one; absent where there is none. */
  worse?: Sequence;
  weight: number;
}

export interface Lessons {
  train: Lesson[];
  validation: Lesson[];
  tooLong: number;
}

/** The data as tokens, rendered as the model is served. @throws Error where there is nothing to learn from */
export async function readLessons(base: string, data: TrainingData, context: number): Promise<Lessons> {
  checkData(data);
  const text = await openTrainingText(base);
  try {
    let tooLong = 0;
    const lessons = (rows: readonly (Example | Preference)[]): Lesson[] =>
      rows.flatMap((row) => {
        const lesson = "chosen" in row ? lessonOfPreference(text, row) : lessonOfExample(text, row);
        const longest = Math.max(lesson.text.ids.length, lesson.worse?.ids.length ?? 0);
        if (longest > context) tooLong++;
        return longest > context || lesson.weight === 0 ? [] : [lesson];
      });
    const [train, validation] = [lessons(data.train), lessons(data.validation)];
    if (train.length === 0) throw new Error(tooLong > 0 ? `all ${tooLong} texts are longer than the model's context` : "every row has a weight of 0: there is nothing to learn from"); // prettier-ignore
    return { train, validation, tooLong };
  } finally {
    await text.close();
  }
}

function lessonOfExample(text: TrainingText, { messages, completion, response_schema, weight }: Example): Lesson {
  return { text: sequenceOf(text.prompt(messages, response_schema), text.completion(completion)), weight };
}

function lessonOfPreference(text: TrainingText, { messages, chosen, rejected, weight }: Preference): Lesson {
  const prompt = text.prompt(messages);
  return {
    text: sequenceOf(prompt, text.completion(chosen)),
    worse: sequenceOf(prompt, text.completion(rejected)),
    weight,
  };
}

function sequenceOf(prompt: readonly number[], completion: readonly number[]): Sequence {
  return { ids: [...prompt, ...completion], weights: [...prompt.map(() => 0), ...completion.map(() => 1)] };
}
