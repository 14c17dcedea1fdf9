import { setTimeout as sleep } from "node:timers/promises";
import { type Journal, inParallel } from "@flywheel/evals";
import { createClient } from "@flywheel/events";
import { type DatasetBuild, type DatasetRow, type DatasetRowPage, type EventPage, type Example, HEADER, type Hyperparameters, type Job } from "@flywheel/protocol"; // prettier-ignore
import type { Flywheel } from "../../tests/system/flywheel.ts";
import type { Row, UserRow } from "./rows.ts";

export const EVENTS = `import { defineEvents } from "flywheel";

export default defineEvents({
  thumbs: { payload: { value: ["up", "down"] }, reward: { value: { up: 1, down: -1 } } },
  edited: { payload: { final: "string" }, demonstration: "final" },
});
`;

type Progress = (share: number, what: string) => void;

/** A running server, what is known already, and where progress is told. */
export interface Desk {
  flywheel: Flywheel;
  journal: Journal;
  /** The intents, as a grammar that answers are held to: they would not fit into a prompt. */
  grammar: string;
  progress: Progress;
}

interface Answer {
  id: string;
  text: string;
}

const AT_ONCE = 4;
const DATASET = "banking";

/** What a model answers to each message, asked as any client asks. */
export async function answersTo(
  { flywheel, journal, grammar, progress }: Desk,
  model: string,
  rows: readonly (Row & { user?: string })[],
  name: string,
): Promise<Answer[]> {
  // prettier-ignore
  let done = 0;
  await inParallel(rows, AT_ONCE, new AbortController().signal, async ({ text, user }, i) => {
    if (!journal.get(`${name} ${i}`)) journal.put(`${name} ${i}`, await ask(flywheel, { model, messages: [{ role: "user", content: text }], temperature: 0, grammar }, user)); // prettier-ignore
    progress(++done / rows.length, `${name}: ${done} of ${rows.length} answered`);
  });
  return rows.map((_, i) => journal.get(`${name} ${i}`) as Answer);
}

async function ask({ baseUrl, key }: Flywheel, body: object, user = ""): Promise<Answer> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", [HEADER.cache]: "off", ...(user && { [HEADER.userId]: user }) }, // prettier-ignore
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await response.text());
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  return { id: response.headers.get(HEADER.generationId)!, text: choices[0]!.message.content };
}

/** Tells what users did: an edit where they hold another answer to be right, else a thumb up. Waits until all is stored. */
export async function sendOpinions(
  { flywheel, journal, progress }: Desk,
  traffic: readonly UserRow[],
  answers: readonly Answer[],
): Promise<number> {
  // prettier-ignore
  const spoken = traffic.flatMap(({ opinion }, i) => (opinion === undefined ? [] : [{ opinion, answer: answers[i]! }]));
  if (!journal.get("sent")) {
    const errors: Error[] = [];
    const before = await storedEvents(flywheel);
    const client = createClient({ url: flywheel.baseUrl, key: flywheel.key, consent: "granted", maxQueue: spoken.length, onError: (error) => errors.push(error) }); // prettier-ignore
    for (const { opinion, answer } of spoken)
      if (opinion === answer.text) client.track(answer.id, "thumbs", { value: "up" });
      else client.track(answer.id, "edited", { final: opinion });
    await client.close();
    if (errors[0]) throw errors[0];
    for (let stored = 0; stored < spoken.length; await sleep(1000)) {
      stored = (await storedEvents(flywheel)) - before;
      progress(stored / spoken.length, `${stored} of ${spoken.length} signals stored`);
    }
    journal.put("sent", true);
  }
  return spoken.filter(({ opinion, answer }) => opinion !== answer.text).length;
}

async function storedEvents({ api }: Flywheel): Promise<number> {
  let stored = 0;
  for (let before: string | undefined = ""; before !== undefined;) {
    const page: EventPage = await api<EventPage>(`/api/events?limit=500${before && `&before=${before}`}`);
    stored += page.data.length;
    before = page.next;
  }
  return stored;
}

/** The dataset of all signals: the examples that are trained on. What is held out is held out by us, not here. */
export async function buildExamples({ flywheel: { api }, progress }: Desk): Promise<Example[]> {
  let build = await api<DatasetBuild>("/api/datasets", { name: DATASET, signals: ["demonstration", "reward"], eval_share: 0.05, holdout_share: 0 }); // prettier-ignore
  for (; build.state === "running"; await sleep(500)) {
    build = await api<DatasetBuild>(`/api/datasets/builds/${build.id}`);
    progress(build.progress, `dataset: ${build.phase}`);
  }
  if (!build.dataset) throw new Error(build.error?.message);
  const rows: DatasetRow[] = [];
  for (let offset: number | undefined = 0; offset !== undefined;) {
    const page: DatasetRowPage = await api<DatasetRowPage>(`/api/datasets/${DATASET}/rows?limit=1000&offset=${offset}`);
    rows.push(...page.data);
    offset = page.next;
  }
  return rows.flatMap((row) => (row.kind === "example" && row.split === "train" ? [row] : []));
}

/** Tunes local/spark as a job of the server; one that was begun is gone on with. */
export async function tune(
  { flywheel: { api }, journal, progress }: Desk,
  hyperparameters: Partial<Hyperparameters>,
): Promise<Job> {
  // prettier-ignore
  const name = `job ${JSON.stringify(hyperparameters)}`;
  if (!journal.get(name)) journal.put(name, (await api<Job>("/api/jobs", { dataset: DATASET, model: "local/spark", method: "sft", hyperparameters })).id); // prettier-ignore
  for (;;) {
    const job = await api<Job>(`/api/jobs/${journal.get(name) as string}`);
    if (job.status === "succeeded") return job;
    if (job.status === "failed" || job.status === "cancelled") throw new Error(`the job ended: ${job.status} ${job.error}`); // prettier-ignore
    const last = job.progress;
    progress(last ? last.step / last.steps : 0, `tuning: ${last ? `epoch ${last.epoch + 1}, loss ${last.loss.toFixed(2)}` : job.status}`); // prettier-ignore
    await sleep(2000);
  }
}

const EMBEDDED_AT_ONCE = 64;

/** Spark's embeddings of texts. */
export async function embeddings(
  { flywheel: { baseUrl, key }, progress }: Desk,
  texts: readonly string[],
): Promise<number[][]> {
  // prettier-ignore
  const vectors: number[][] = [];
  while (vectors.length < texts.length) {
    const response = await fetch(`${baseUrl}/embeddings`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "local/spark", input: texts.slice(vectors.length, vectors.length + EMBEDDED_AT_ONCE) }), // prettier-ignore
    });
    if (!response.ok) throw new Error(await response.text());
    const { data } = (await response.json()) as { data: { embedding: number[] }[] };
    vectors.push(...data.map(({ embedding }) => embedding));
    progress(vectors.length / texts.length, `${vectors.length} of ${texts.length} texts embedded`);
  }
  return vectors;
}
