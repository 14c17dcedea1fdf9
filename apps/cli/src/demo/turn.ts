import { setTimeout as sleep } from "node:timers/promises";
import { clusteredShare, createModelApi, createRandom, inParallel, type ModelApi } from "@flywheel/evals";
import { createClient } from "@flywheel/events";
import { type Dataset, type EventPage, FlywheelError, type Job, type MeanInterval } from "@flywheel/protocol"; // prettier-ignore
import { buildAndFollow } from "@flywheel/tuning/commands";
import type { AppContext } from "../app-command.ts";
import { followJob } from "../job.ts";
import { createProgress } from "../progress.ts";
import type { PublicApi } from "../public-api.ts";
import { type CompanyMessage, drawMessage, QUEUES } from "./company.ts";
import { type Sorted, sort } from "./desk.ts";
import { ENDPOINT, ROUTE } from "./project.ts";
import { type Behaviour, drawTraffic, react, type Reacting, shuffled, type UserMessage } from "./users.ts";

export interface TurnOptions {
  behaviour: Behaviour;
  /** Messages in new words that both models are measured on at the end. */
  tests: number;
  seed: number;
  /** Whether the edits are put to other messages, so that there is nothing to learn. */
  isShuffled: boolean;
}

/** What a turn of the wheel came to. */
export interface Turn {
  /** On messages by the company's rules, in words that no user used. */
  baseline: MeanInterval;
  tuned: MeanInterval;
  /** The share of the most usual team among those messages. */
  majority: number;
  dataset: Dataset;
  job: Job;
  /** Signals that were sent, and those of them that came late. */
  signals: { sent: number; late: number; edits: number };
  /** Messages that only the tuned model got right. */
  better: { text: string; queue: string; before: string }[];
}

const AT_ONCE = 4;
const BASE = "local/spark";

/** One turn: messages are answered, users react, a dataset is built, a model is tuned, compared, and perhaps promoted. */
export async function turn(context: AppContext, api: PublicApi, options: TurnOptions): Promise<Turn> {
  const { behaviour, seed, isShuffled, tests } = options;
  const random = createRandom(seed);
  const { note } = context;
  const traffic = drawTraffic(behaviour, random);
  const answers = await answerAll(context, api, traffic);
  const reactions = traffic.map((message, i) => react(message, answers[i]!.queue, behaviour, random));
  const signals = await sendSignals(
    context,
    api,
    answers,
    isShuffled ? withEditsShuffled(reactions, random) : reactions,
  );
  note(`${signals.sent} signals, ${signals.edits} of them edits; ${signals.late} came late`);
  const dataset = await buildDataset(context, signals.sent);
  const { rows, splits, users } = dataset.counts;
  note(
    `dataset ${dataset.name}@${dataset.version}: ${rows.example} examples of ${users} users, ${splits.holdout} held out`,
  );
  const job = await tune(context, dataset);
  const asked = Array.from({ length: tests }, () => drawMessage(random, true));
  const models = createModelApi(api, context.signal);
  const before = await measure(context, models, BASE, asked);
  const after = job.report ? await measure(context, models, job.candidate, asked) : before;
  const better = asked.flatMap(({ text, queue }, i) => (after.answers[i] === queue && before.answers[i] !== queue ? [{ text, queue, before: before.answers[i]! }] : [])); // prettier-ignore
  const counts = QUEUES.map((queue) => asked.filter((message) => message.queue === queue).length);
  return { baseline: before.accuracy, tuned: after.accuracy, majority: Math.max(...counts) / tests, dataset, job, signals, better }; // prettier-ignore
}

async function answerAll({ signal }: AppContext, api: PublicApi, traffic: readonly UserMessage[]): Promise<Sorted[]> {
  const answers: Sorted[] = [];
  let done = 0;
  const bar = createProgress();
  const work = async (message: UserMessage, i: number) => {
    answers[i] = await sort(api, message, signal);
    bar.at(++done / traffic.length, `${done} of ${traffic.length} messages answered`);
  };
  await inParallel(traffic, AT_ONCE, signal, work).finally(() => bar.end());
  return answers;
}

type Reactions = readonly (Reacting | undefined)[];

function withEditsShuffled(reactions: Reactions, random: ReturnType<typeof createRandom>): Reactions {
  const edits = reactions.flatMap((one) => (one?.reaction.name === "edited" ? [one.reaction.queue] : []));
  const mixed = shuffled(edits, random);
  return reactions.map((one) =>
    one?.reaction.name === "edited" ? { ...one, reaction: { name: "edited", queue: mixed.pop()! } } : one,
  );
}

/** Through the same client that the company's pages use. */
async function sendSignals(
  context: AppContext,
  { url, key }: PublicApi,
  answers: readonly Sorted[],
  reactions: Reactions,
): Promise<Turn["signals"]> {
  // prettier-ignore
  const errors: Error[] = [];
  const client = createClient({ url, key, consent: "granted", maxQueue: reactions.length, onError: (error) => errors.push(error) }); // prettier-ignore
  const given = reactions.flatMap((one, i) => (one ? [{ ...one, generation: answers[i]!.generation }] : []));
  const late = given.filter(({ isLate }) => isLate);
  for (const { generation, reaction } of [...given.filter(({ isLate }) => !isLate), ...late]) {
    context.signal.throwIfAborted();
    if (reaction.name === "thumbs") client.track(generation, "thumbs", { value: "up" });
    else client.track(generation, "edited", { final: { queue: reaction.queue } });
  }
  await client.close();
  if (errors[0]) throw errors[0];
  const edits = given.filter(({ reaction }) => reaction.name === "edited").length;
  return { sent: given.length, late: late.length, edits };
}

const LOOK_MS = 250;

async function buildDataset(context: AppContext, events: number): Promise<Dataset> {
  const api = await context.api();
  const bar = createProgress();
  try {
    for (let stored = 0; stored < events; await sleep(LOOK_MS, undefined, { signal: context.signal })) {
      stored = 0;
      for (let before: string | undefined = ""; before !== undefined;) {
        const page: EventPage = await api.get<EventPage>(`/api/events?limit=500${before && `&before=${before}`}`);
        stored += page.data.length;
        before = page.next;
      }
      bar.at(stored / events, `${stored} of ${events} signals stored`);
    }
    const asked = { name: ENDPOINT, endpoint: ENDPOINT, eval_share: 0.1, holdout_share: 0.25 };
    const build = await buildAndFollow(api, asked, context.signal, (progress, phase) =>
      bar.at(progress, `dataset: ${phase}`),
    );
    if (!build.dataset) throw new FlywheelError("dataset_empty", { reason: build.error?.message ?? "" });
    return build.dataset;
  } finally {
    bar.end();
  }
}

/** Training that comes to nothing is an answer, too: then nobody is promoted. */
async function tune(context: AppContext, { name }: Dataset): Promise<Job> {
  const api = await context.api();
  const { id } = await api.post<Job>("/api/jobs", { dataset: name, model: BASE, promotion: { route: ROUTE } });
  try {
    return await followJob({ ...context, json: false }, id);
  } catch (error) {
    const job = await api.get<Job>(`/api/jobs/${id}`);
    if (job.status !== "failed") throw error;
    return job;
  }
}

async function measure(
  { signal }: AppContext,
  models: ModelApi,
  model: string,
  asked: readonly CompanyMessage[],
): Promise<{ accuracy: MeanInterval; answers: string[] }> {
  // prettier-ignore
  const schema = { type: "object", properties: { queue: { enum: QUEUES } }, required: ["queue"], additionalProperties: false };
  const answers: string[] = [];
  const bar = createProgress();
  const work = async ({ text }: CompanyMessage, i: number) => {
    const said = await models.chat(model, [{ role: "user", content: text }], { temperature: 0, schema });
    answers[i] = String((JSON.parse(said.text) as { queue: unknown }).queue);
    bar.at(answers.length / asked.length, `${model}: ${answers.length} of ${asked.length} messages in new words`);
  };
  await inParallel(asked, AT_ONCE, signal, work).finally(() => bar.end());
  const scores = asked.map(({ queue }, i) => Number(answers[i] === queue));
  const { estimate, low, high } = clusteredShare(scores, asked.map((_, i) => i)); // prettier-ignore
  return { accuracy: { estimate, low, high }, answers };
}
