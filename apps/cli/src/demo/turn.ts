import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "@flywheel/evals";
import { type Dataset, type EventPage, FlywheelError, type Job, type MeanInterval } from "@flywheel/protocol"; // prettier-ignore
import { buildAndFollow } from "@flywheel/tuning/commands";
import type { AppContext } from "../app-command.ts";
import { followJob } from "../job.ts";
import { createProgress } from "../progress.ts";
import type { PublicApi } from "../public-api.ts";
import { drawMessage, QUEUES } from "./company.ts";
import { sendSignals, type SentSignals, sortAll } from "./desk.ts";
import { measure } from "./measure.ts";
import { ENDPOINT, ROUTE } from "./project.ts";
import { type Behaviour, drawOpinion, drawTraffic, shuffled } from "./users.ts";

export interface TurnOptions {
  behaviour: Behaviour;
  /** Messages in new words that both models are measured on at the end. */
  tests: number;
  seed: number;
  /** Whether what users hold to be right is put to other messages, so that there is nothing to learn. */
  isShuffled: boolean;
}

/** What a turn of the wheel came to. */
export interface Turn {
  /** On messages by the company's rules, in sentences that no user wrote. */
  baseline: MeanInterval;
  tuned: MeanInterval;
  /** The share of the most usual team among those messages. */
  majority: number;
  dataset: Dataset;
  job: Job;
  signals: SentSignals;
  /** Messages that only the tuned model got right. */
  better: { text: string; queue: string; before: string }[];
}

const BASE = "local/spark";

/** One turn: messages are answered, users react, a dataset is built, a model is tuned, compared, and perhaps promoted. */
export async function turn(context: AppContext, api: PublicApi, options: TurnOptions): Promise<Turn> {
  const { behaviour, seed, isShuffled, tests } = options;
  const { note } = context;
  const random = createRandom(seed);
  const traffic = drawTraffic(behaviour, random);
  const opinions = traffic.map((message) => drawOpinion(message, behaviour, random));
  const asked = Array.from({ length: tests }, () => drawMessage(random, true));

  const sorted = await sortAll(context, api, traffic);
  const signals = await sendSignals(context, api, sorted, isShuffled ? shuffled(opinions, random) : opinions);
  note(`${signals.sent} signals, ${signals.edits} of them edits; ${signals.late} came late`);
  const dataset = await buildDataset(context, signals.sent);
  const { rows, splits, users } = dataset.counts;
  note(`dataset ${dataset.name}@${dataset.version}: ${rows.example} examples of ${users} users, ${splits.holdout} rows held out`); // prettier-ignore
  const job = await tune(context, dataset);

  const before = await measure(context, api, BASE, asked);
  const after = job.report ? await measure(context, api, job.candidate, asked) : before;
  const better = asked.flatMap(({ text, queue }, i) => (after.answers[i] === queue && before.answers[i] !== queue ? [{ text, queue, before: before.answers[i]! }] : [])); // prettier-ignore
  const counts = QUEUES.map((queue) => asked.filter((message) => message.queue === queue).length);
  return { baseline: before.accuracy, tuned: after.accuracy, majority: Math.max(...counts) / tests, dataset, job, signals, better }; // prettier-ignore
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
