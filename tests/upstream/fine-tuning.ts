import type { IncomingMessage, ServerResponse } from "node:http";

/** What happens to a job, by the model's name: the states that one look after the other meets. */
const PLOTS = {
  learns: ["validating_files", "queued", "running", "running", "succeeded"],
  "fails-late": ["validating_files", "running", "failed"],
  /** As real providers do with a file that looks right and is of no use. */
  "fails-on-file": ["validating_files", "failed"],
  /** Only a cancellation ends it. */
  slow: ["validating_files", "queued", "running"],
} as const;
type Plot = keyof typeof PLOTS;

const STEPS = 10;
const STEPS_A_LOOK = 5;

interface ScriptedJob {
  id: string;
  body: Record<string, unknown> & { model: string; training_file: string };
  looks: number;
  cancelled: boolean;
}

/**
 * What a request meets: too many of them, a server that broke, a connection that dies before anything was done, or after
 * everything was.
 */
export type FineTuningFault = "429" | "500" | "reset" | "answer lost";

interface ScriptedAnswer {
  status: number;
  body: unknown;
}

/** Where OpenAI's files and fine-tuning jobs are kept, as far as clients can tell. */
export interface ScriptedFineTuning {
  /** Contents by id. */
  files: Map<string, string>;
  jobs: ScriptedJob[];
  /** How often files are looked through before they can be used. */
  unready: number;
  /** What the next requests meet, one after the other, by method and path, as in `POST /v1/files`. */
  faults: Record<string, FineTuningFault[]>;
}

export const emptyFineTuning = (): ScriptedFineTuning => ({ files: new Map(), jobs: [], unready: 0, faults: {} });

/** Of the paths here; the others are another's. */
export const isFineTuning = (path: string): boolean => /\/(files|fine_tuning\/jobs)(\/|\?|$)/.test(path);

/** https://platform.openai.com/docs/api-reference/fine-tuning and …/files */
export async function playFineTuning(
  state: ScriptedFineTuning,
  req: IncomingMessage,
  body: Buffer,
  res: ServerResponse,
): Promise<void> {
  const fault = state.faults[`${req.method} ${req.url!.split("?")[0]}`]?.shift();
  if (fault === "reset") return void req.socket.resetAndDestroy();
  if (fault === "429" || fault === "500") {
    res.writeHead(Number(fault), { "content-type": "application/json", "retry-after-ms": "20" });
    return void res.end(JSON.stringify(refused(Number(fault), `${fault} at the moment`).body));
  }
  const answer = await answerTo(state, req, body);
  if (fault === "answer lost") return void req.socket.resetAndDestroy();
  res.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
}

async function answerTo(state: ScriptedFineTuning, req: IncomingMessage, body: Buffer): Promise<ScriptedAnswer> {
  const { method, url: path = "", headers } = req;
  const [, place = "", query = ""] = /^.*?\/(files.*?|fine_tuning\/jobs.*?)(?:\?(.*))?$/.exec(path) ?? [];
  const [kind, id = "", verb = ""] = place.replace("fine_tuning/", "").split("/");
  if (kind === "files" && method === "POST") return upload(state, headers["content-type"] ?? "", body);
  if (kind === "files") return file(state, id);
  if (method === "POST" && id === "") return create(state, JSON.parse(body.toString()) as ScriptedJob["body"]);
  if (id === "") return page(state.jobs.toReversed().map(shown), new URLSearchParams(query), 2);
  const job = state.jobs.find((each) => each.id === id);
  if (!job) return refused(404, `Could not find fine tune: ${id}`);
  if (verb === "events") return page(events(job), new URLSearchParams(query), 4);
  if (verb === "cancel") {
    if (isOver(job)) return refused(400, `Job has already completed: ${id}`);
    job.cancelled = true;
  } else job.looks++;
  return { status: 200, body: shown(job) };
}

async function upload(state: ScriptedFineTuning, type: string, body: Buffer): Promise<ScriptedAnswer> {
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData();
  const content = form.get("file");
  if (form.get("purpose") !== "fine-tune" || !(content instanceof File)) return refused(400, "'file' is required");
  const text = await content.text();
  const wrong = text.split("\n").findIndex((line) => line !== "" && !isTrainingLine(line));
  if (wrong !== -1) return refused(400, `Invalid file format. Line ${wrong + 1} is missing key "messages".`);
  const id = `file-${state.files.size + 1}`;
  state.files.set(id, text);
  return file(state, id);
}

function isTrainingLine(line: string): boolean {
  const value = JSON.parse(line) as Record<string, unknown>;
  const { messages, input, preferred_output, non_preferred_output } = value;
  return Array.isArray(messages) || (input !== undefined && Array.isArray(preferred_output) && Array.isArray(non_preferred_output)); // prettier-ignore
}

function file(state: ScriptedFineTuning, id: string): ScriptedAnswer {
  const text = state.files.get(id);
  if (text === undefined) return refused(404, `No such File object: ${id}`);
  const refusal = text.includes("REFUSE ME") && { status: "error", status_details: "it holds what we do not take" };
  const status = state.unready-- > 0 ? "pending" : "processed";
  return { status: 200, body: { id, object: "file", bytes: text.length, purpose: "fine-tune", status, ...refusal } };
}

function create(state: ScriptedFineTuning, body: ScriptedJob["body"]): ScriptedAnswer {
  if (!state.files.has(body.training_file)) return refused(400, `invalid training_file: ${body.training_file}`);
  if (!Object.hasOwn(PLOTS, body.model)) return refused(400, `Model ${body.model} is not available for fine-tuning`);
  const job = { id: `ftjob-${state.jobs.length + 1}`, body, looks: 0, cancelled: false };
  state.jobs.push(job);
  return { status: 200, body: shown(job) };
}

/** Pages are small, whatever is asked for. */
function page(newest: readonly { id: string }[], query: URLSearchParams, most: number): ScriptedAnswer {
  const from = newest.findIndex(({ id }) => id === query.get("after")) + 1;
  const data = newest.slice(from, from + Math.min(Number(query.get("limit") ?? 20), most));
  return { status: 200, body: { object: "list", data, has_more: from + data.length < newest.length } };
}

const statusOf = ({ body, looks, cancelled }: ScriptedJob): string => {
  const plot = PLOTS[body.model as Plot];
  return cancelled ? "cancelled" : plot[Math.min(looks, plot.length - 1)]!;
};
const isOver = (job: ScriptedJob) => ["succeeded", "failed", "cancelled"].includes(statusOf(job));

const ERRORS: Partial<Record<string, object>> = {
  "fails-late": { code: "server_error", message: "the training stopped for a reason of ours", param: null },
  "fails-on-file": {
    code: "invalid_training_file",
    message: "The job failed due to an invalid training file: too few examples",
    param: "training_file",
  },
};

function shown(job: ScriptedJob): { id: string; [field: string]: unknown } {
  const status = statusOf(job);
  const isDone = status === "succeeded";
  return {
    id: job.id,
    object: "fine_tuning.job",
    ...job.body,
    status,
    created_at: 1000,
    finished_at: isOver(job) ? 1060 : null,
    trained_tokens: isDone ? 4321 : null,
    fine_tuned_model: isDone ? `ft:${job.body.model}:org::${job.id}` : null,
    error: status === "failed" ? ERRORS[job.body.model] : null,
  };
}

/** Newest first, as OpenAI gives them; some are words only, some no step at all. */
function events(job: ScriptedJob): { id: string }[] {
  const plot: readonly string[] = PLOTS[job.body.model as Plot];
  const ran = plot.slice(0, job.looks + 1).filter((status) => status === "running").length;
  const step = (_: unknown, i: number) => {
    const [at, loss] = [i + 1, 2 / (i + 1)];
    const words = `Step ${at}/${STEPS}: training loss=${loss.toFixed(2)}`;
    const data = { step: at, total_steps: STEPS, train_loss: loss, ...(at % 5 === 0 && { full_valid_loss: loss + 0.1 }) }; // prettier-ignore
    return { id: `ev-${at}`, created_at: 1000 + 5 * at, message: words, ...(at % 2 ? { data, type: "metrics" } : { type: "message" }) }; // prettier-ignore
  };
  const steps = Array.from({ length: Math.min(ran * STEPS_A_LOOK, STEPS) }, step);
  const first = { id: "ev-0", created_at: 1000, message: "Created fine-tuning job", type: "message" };
  return [first, ...steps].toReversed();
}

const refused = (status: number, message: string): ScriptedAnswer => ({
  status,
  body: { error: { message, type: "invalid_request_error", param: null, code: null } },
});
