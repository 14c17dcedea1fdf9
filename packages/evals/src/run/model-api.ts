import { setTimeout as sleep } from "node:timers/promises";
import { HEADER, type TrainingMessage } from "@flywheel/protocol";

/** The public API as any client has it. */
export interface ApiAddress {
  /** `http://localhost:4400/v1` */
  url: string;
  key: string;
}

export interface ModelAnswer {
  text: string;
  seconds: number;
  generationId: string;
}

export interface AskOptions {
  temperature?: number;
  maxOutputTokens?: number;
  /** JSON Schema that the answer is held to. */
  schema?: unknown;
}

/** A request that failed for good, however often it was asked. */
export class ModelFailure extends Error {}

/** One that will fail for every row alike: a key that may not, a model that is not there, a server that is gone. */
export class ModelRefusal extends ModelFailure {}

/** Models, asked past the cache; who asks too often waits as long as he is told. */
export interface ModelApi {
  chat(model: string, messages: readonly TrainingMessage[], options?: AskOptions): Promise<ModelAnswer>;
  embed(model: string, texts: readonly string[]): Promise<number[][]>;
}

const MOST_TRIES = 8;

/** @param perMinute at most so many requests are sent in a minute, evenly */
export function createModelApi(
  { url, key }: ApiAddress,
  signal: AbortSignal,
  { perMinute = Infinity }: { perMinute?: number } = {},
): ModelApi {
  /** Nobody asks before this moment: one answer of 429 holds for all. */
  let notBefore = 0;

  /** Waits for its turn. Who waits takes the next place, so that all who come after wait longer. */
  async function turn(): Promise<void> {
    while (Date.now() < notBefore) await sleep(notBefore - Date.now(), undefined, { signal });
    notBefore = Math.max(notBefore, Date.now() + 60_000 / perMinute);
  }

  async function post(path: string, body: unknown): Promise<{ answer: unknown; response: Response }> {
    for (let tries = 1; ; tries++) {
      await turn();
      const response = await fetch(url + path, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json", [HEADER.cache]: "off" },
        body: JSON.stringify(body),
        signal,
      }).catch((error: unknown) => unreachable(url, error, tries, signal));
      if (!response) {
        await sleep(backoff(tries), undefined, { signal });
        continue;
      }
      if (response.ok) return { answer: await response.json(), response };
      const text = await response.text();
      if (FOR_ALL.has(response.status)) throw new ModelRefusal(messageOf(text, response.status));
      if (!RETRYABLE.has(response.status) || tries === MOST_TRIES) throw new ModelFailure(messageOf(text, response.status)); // prettier-ignore
      const wait = waitOf(response, tries);
      if (response.status === 429) notBefore = Math.max(notBefore, Date.now() + wait);
      else await sleep(wait, undefined, { signal });
    }
  }

  return {
    async chat(model, messages, { temperature, maxOutputTokens, schema } = {}) {
      const format = typeof schema === "object" && schema !== null;
      const began = performance.now();
      const { answer, response } = await post("/chat/completions", {
        model,
        messages,
        ...(temperature !== undefined && { temperature }),
        ...(maxOutputTokens !== undefined && { max_tokens: maxOutputTokens }),
        ...(format && { response_format: { type: "json_schema", json_schema: { name: "answer", schema } } }),
      });
      const choice = (answer as { choices?: { message?: { content?: unknown } }[] }).choices?.[0];
      const text = choice?.message?.content;
      if (typeof text !== "string") throw new ModelFailure("The answer holds no text.");
      const generationId = response.headers.get(HEADER.generationId) ?? "";
      return { text, seconds: (performance.now() - began) / 1000, generationId };
    },
    async embed(model, texts) {
      const { answer } = await post("/embeddings", { model, input: texts });
      const data = (answer as { data?: { embedding: number[] }[] }).data ?? [];
      if (data.length !== texts.length) throw new ModelFailure("The embeddings are not as many as the texts.");
      return data.map(({ embedding }) => embedding);
    },
  };
}

const RETRYABLE = new Set([408, 429, 500, 502, 503, 504]);
const FOR_ALL = new Set([401, 403, 404]);

/** What a server that restarts is given time for. Throws where it was asked often enough, and where one stopped. */
function unreachable(url: string, error: unknown, tries: number, signal: AbortSignal): undefined {
  if (signal.aborted) throw error;
  const reason = (error as { cause?: { message?: string } }).cause?.message ?? String(error);
  if (tries === MOST_TRIES) throw new ModelRefusal(`${url} cannot be reached: ${reason}`);
}

const backoff = (tries: number) => Math.min(8000, 250 * 2 ** tries);

/** Milliseconds: what `retry-after` says, else longer each time. */
function waitOf(response: Response, tries: number): number {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(60_000, 1000 * seconds) : backoff(tries);
}

function messageOf(text: string, status: number): string {
  try {
    return (JSON.parse(text) as { error: { message: string } }).error.message;
  } catch {
    return `HTTP ${status}`;
  }
}
