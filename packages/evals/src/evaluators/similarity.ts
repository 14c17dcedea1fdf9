import type { ModelApi } from "../run/model-api.ts";
import type { Score } from "./score.ts";
import { asText } from "./text.ts";

/** Cosine of the embeddings, 0 where they point apart. */
export async function similarity(
  api: ModelApi,
  { model, atLeast }: { model: string; atLeast: number | null },
  output: string,
  expected: unknown,
): Promise<Score> {
  // Providers refuse an empty text, and it is like nothing.
  if (output.trim() === "") return { score: 0, detail: "empty" };
  const [first, second] = await api.embed(model, [output, asText(expected)]);
  const cosine = dot(first!, second!) / Math.sqrt(dot(first!, first!) * dot(second!, second!));
  if (!Number.isFinite(cosine)) return { score: null, detail: "the embeddings are no vectors" };
  const detail = `cosine ${cosine.toFixed(3)}`;
  if (atLeast !== null) return { score: cosine >= atLeast ? 1 : 0, detail };
  return { score: Math.min(1, Math.max(0, cosine)), detail };
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
