import { randomUUID } from "node:crypto";
import { array, count, type Json, number, object, string } from "./dialects/json.ts";
import type { Provider } from "./provider-set.ts";
import type { Upstream } from "./upstream.ts";
import { callWhole, ProviderCallError, type WholeCall } from "./whole-call.ts";

/** A file at the provider. */
export interface HostedFile {
  id: string;
  /** Whether it can be used: some look through it first. */
  status: "ready" | "looked_at" | "refused";
  /** Why it was refused. */
  reason: string;
}

/** A fine-tuning job at the provider. */
export interface HostedJob {
  id: string;
  /** What is not over yet is `going`, whatever the provider calls it. */
  status: "going" | "succeeded" | "failed" | "cancelled";
  /** Of the file it learns from. */
  trainingFile: string;
  /** The result's name; "" until there is one. */
  model: string;
  /** Why it failed, in the provider's words. */
  error: string;
  trainedTokens: number;
  /** Epoch seconds. */
  created: number;
  finished: number | undefined;
}

/** What a job says of a step. */
export interface HostedEvent {
  /** Epoch seconds. */
  created: number;
  step: number;
  steps: number;
  loss: number;
  validationLoss: number | undefined;
}

/**
 * OpenAI's fine-tuning API (https://platform.openai.com/docs/api-reference/fine-tuning), which other providers copy.
 * One call each, never repeated here. All reject as `callWhole` does.
 */
export interface FineTuningApi {
  upload(name: string, content: Uint8Array, signal: AbortSignal): Promise<HostedFile>;
  file(id: string, signal: AbortSignal): Promise<HostedFile>;
  /** @param request OpenAI's body of `POST /fine_tuning/jobs` */
  create(request: object, signal: AbortSignal): Promise<HostedJob>;
  job(id: string, signal: AbortSignal): Promise<HostedJob>;
  /** The job that learns from a file, if there is one. */
  jobOf(trainingFile: string, signal: AbortSignal): Promise<HostedJob | undefined>;
  /** The steps after one, oldest first. */
  events(job: string, after: number, signal: AbortSignal): Promise<HostedEvent[]>;
  cancel(job: string, signal: AbortSignal): Promise<HostedJob>;
}

const PAGE = 100;
const MOST_PAGES = 10;

export function fineTuning(upstream: Upstream, provider: Provider): FineTuningApi {
  const call = (request: WholeCall, signal: AbortSignal) => callWhole(upstream, provider, request, signal);
  const get = (path: string, signal: AbortSignal) => call({ method: "GET", path }, signal);
  /** Newest first, as far as is asked for. */
  async function* pages(path: string, signal: AbortSignal): AsyncGenerator<Json[]> {
    let after = "";
    for (let page = 0; page < MOST_PAGES; page++) {
      const list = await get(`${path}?limit=${PAGE}${after}`, signal);
      const items = array(list.data).map(object);
      yield items;
      const last = string(items.at(-1)?.id);
      if (list.has_more !== true || last === "") return;
      after = `&after=${encodeURIComponent(last)}`;
    }
  }
  const jobPath = (id: string) => `/fine_tuning/jobs/${encodeURIComponent(id)}`;
  return {
    upload: async (name, content, signal) => fileOf(await call(uploadCall(name, content), signal)),
    file: async (id, signal) => fileOf(await get(`/files/${encodeURIComponent(id)}`, signal)),
    async create(request, signal) {
      const body = [Buffer.from(JSON.stringify(request))];
      const contentType = "application/json";
      return jobOf(await call({ method: "POST", path: "/fine_tuning/jobs", contentType, body }, signal));
    },
    job: async (id, signal) => jobOf(await get(jobPath(id), signal)),
    async jobOf(trainingFile, signal) {
      for await (const page of pages("/fine_tuning/jobs", signal)) {
        const found = page.map(jobOf).find((job) => job.trainingFile === trainingFile);
        if (found) return found;
      }
      return undefined;
    },
    async events(job, after, signal) {
      const found: HostedEvent[] = [];
      for await (const page of pages(`${jobPath(job)}/events`, signal)) {
        const events = page.flatMap(eventOf);
        found.push(...events.filter(({ step }) => step > after));
        if (events.some(({ step }) => step <= after)) break;
      }
      return found.toSorted((one, other) => one.step - other.step);
    },
    cancel: async (id, signal) => jobOf(await call({ method: "POST", path: `${jobPath(id)}/cancel` }, signal)),
  };
}

/** RFC 7578. The name is ours, so it holds nothing to be escaped. */
function uploadCall(name: string, content: Uint8Array): WholeCall {
  const boundary = randomUUID();
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: application/jsonl\r\n\r\n`;
  const body = [Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)];
  return { method: "POST", path: "/files", contentType: `multipart/form-data; boundary=${boundary}`, body };
}

function idOf({ id, object: kind }: Json): string {
  if (typeof id === "string" && id !== "") return id;
  throw new ProviderCallError(`the provider's answer, a ${string(kind) || "thing"}, has no id`, 200);
}

const UNREADY = /^(pending|running|processing)$/;

function fileOf(json: Json): HostedFile {
  const said = string(json.status);
  const status = said === "error" ? "refused" : UNREADY.test(said) ? "looked_at" : "ready";
  return { id: idOf(json), status, reason: string(json.status_details) || "it gives no reason" };
}

function jobOf(json: Json): HostedJob {
  const said = string(json.status);
  return {
    id: idOf(json),
    status: said === "succeeded" || said === "failed" || said === "cancelled" ? said : "going",
    trainingFile: string(json.training_file),
    model: string(json.fine_tuned_model),
    error: string(object(json.error).message),
    trainedTokens: count(json.trained_tokens) ?? 0,
    created: count(json.created_at) ?? 0,
    finished: count(json.finished_at),
  };
}

/** What older jobs, and some providers, say of a step in words only. */
const STEP = /^Step (\d+)(?:\/(\d+))?: training loss=([\d.]+)(?:.*?validation loss=([\d.]+))?/i;

function eventOf(json: Json): HostedEvent[] {
  const data = object(json.data);
  const said = STEP.exec(string(json.message));
  const figure = (value: unknown, part: number) => number(value) ?? (said?.[part] === undefined ? undefined : Number(said[part])); // prettier-ignore
  const step = figure(data.step, 1);
  const loss = figure(data.train_loss, 3);
  if (step === undefined || loss === undefined) return [];
  const validationLoss = number(data.full_valid_loss) ?? figure(data.valid_loss, 4);
  const steps = Math.max(figure(data.total_steps, 2) ?? step, step);
  return [{ created: count(json.created_at) ?? 0, step, steps, loss, validationLoss }];
}
