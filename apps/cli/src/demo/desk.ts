import { inParallel } from "@flywheel/evals";
import { createClient } from "@flywheel/events";
import { HEADER } from "@flywheel/protocol";
import type { AppContext } from "../app-command.ts";
import { errorOf } from "../connect.ts";
import { createProgress } from "../progress.ts";
import type { PublicApi } from "../public-api.ts";
import type { Queue } from "./company.ts";
import { ENDPOINT } from "./project.ts";
import type { Opinion, UserMessage } from "./users.ts";

/** What the endpoint made of a message. */
export interface Sorted {
  queue: Queue;
  generation: string;
}

const AT_ONCE = 4;

/** Asks the endpoint about every message, as the company's own server would. Throws what it is answered with. */
export async function sortAll(
  { signal }: AppContext,
  api: PublicApi,
  traffic: readonly UserMessage[],
): Promise<Sorted[]> {
  // prettier-ignore
  const sorted: Sorted[] = [];
  const bar = createProgress();
  let done = 0;
  const work = async (message: UserMessage, i: number) => {
    sorted[i] = await sort(api, message, signal);
    bar.at(++done / traffic.length, `${done} of ${traffic.length} messages answered`);
  };
  await inParallel(traffic, AT_ONCE, signal, work).finally(() => bar.end());
  return sorted;
}

async function sort({ url, key }: PublicApi, { text, user }: UserMessage, signal: AbortSignal): Promise<Sorted> {
  const response = await fetch(`${url.replace(/\/v1$/, "")}/endpoints/${ENDPOINT}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", [HEADER.userId]: user },
    body: JSON.stringify({ message: text }),
    signal,
  });
  if (!response.ok) throw await errorOf(response);
  const { queue } = (await response.json()) as { queue: Queue };
  return { queue, generation: response.headers.get(HEADER.generationId)! };
}

export interface SentSignals {
  sent: number;
  edits: number;
  late: number;
}

/** Tells what users did with the answers, the late ones last, through the client that the company's pages use. */
export async function sendSignals(
  { signal }: AppContext,
  { url, key }: PublicApi,
  sorted: readonly Sorted[],
  opinions: readonly (Opinion | undefined)[],
): Promise<SentSignals> {
  // prettier-ignore
  const errors: Error[] = [];
  const client = createClient({ url, key, consent: "granted", maxQueue: opinions.length, onError: (error) => errors.push(error) }); // prettier-ignore
  const given = opinions.flatMap((opinion, i) => (opinion ? [{ ...opinion, answer: sorted[i]! }] : []));
  const late = given.filter(({ isLate }) => isLate);
  let edits = 0;
  for (const { queue, answer } of [...given.filter(({ isLate }) => !isLate), ...late]) {
    signal.throwIfAborted();
    if (queue === answer.queue) client.track(answer.generation, "thumbs", { value: "up" });
    else client.track(answer.generation, "edited", { final: { queue } });
    if (queue !== answer.queue) edits++;
  }
  await client.close();
  if (errors[0]) throw errors[0];
  return { sent: given.length, edits, late: late.length };
}
