import { isDeepStrictEqual } from "node:util";

/** Whether an answer is the one wished for: of JSON the value counts, of other text every character but the space around it. */
export function isSameAnswer(answer: string, wished: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(answer), JSON.parse(wished));
  } catch {
    return answer.trim() === wished.trim();
  }
}
