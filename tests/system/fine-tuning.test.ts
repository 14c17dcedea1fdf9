import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Job, ServerStatus } from "@flywheel/protocol";
import { createProviderSet, createUpstream, fineTuning } from "@flywheel/providers";
import { HYPERPARAMETERS, hostedTrainer } from "@flywheel/tuning/training";
import OpenAI, { APIError, toFile } from "openai";
import { preferences, sortedMessages } from "../../packages/tuning/test/trainer-conformance.ts";
import { type Component, openaiSchema } from "../recordings/openai-schema.ts";
import { eventually, type Flywheel, removeFolder, startFlywheel } from "./flywheel.ts";

let flywheel: Flywheel;
let openai: OpenAI;

before(async () => {
  flywheel = await startFlywheel();
  openai = new OpenAI({ apiKey: flywheel.key, baseURL: flywheel.baseUrl, maxRetries: 0 });
});
after(async () => {
  await flywheel.stop();
  removeFolder(flywheel.dataDir);
});

const check = openaiSchema();
const valid = (component: Component, value: unknown) => equal(check?.(component, value), undefined);

const answer = (content: string) => ({ role: "assistant", content });
const lines = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join("\n");
const MESSAGES = lines(sortedMessages(32).map(({ messages, completion }) => ({ messages: [...messages, answer(completion)] }))); // prettier-ignore
const PAIRS = lines(
  preferences(16).map(({ messages, chosen, rejected }) => ({
    input: { messages },
    preferred_output: [answer(chosen)],
    non_preferred_output: [answer(rejected)],
  })),
);

const send = async (content: string, name = "desk.jsonl", purpose = "fine-tune") =>
  openai.files.create({ file: await toFile(Buffer.from(content), name), purpose: purpose as "fine-tune" });
const jobIs = (id: string, is: (job: OpenAI.FineTuning.FineTuningJob) => boolean, what: string) =>
  eventually(
    async () => {
      const job = await openai.fineTuning.jobs.retrieve(id);
      return is(job) ? job : undefined;
    },
    what,
    120_000,
  );
const refused = (call: Promise<unknown>, status: number, message: RegExp) =>
  rejects(call, (error: unknown) => {
    ok(error instanceof APIError, String(error));
    equal(error.status, status, error.message);
    match(error.message, message);
    return true;
  });
/** Long enough to be met in the middle. */
const LONG = { method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 50, batch_size: 1, learning_rate_multiplier: 0.01 } } } } as const; // prettier-ignore

describe("the unmodified OpenAI SDK tunes a local model", () => {
  test("a file goes up, a job learns from it, and the model it makes answers as the file does", async () => {
    const file = await send(MESSAGES);
    valid("file", file);
    deepEqual([file.bytes, file.filename, file.status], [MESSAGES.length, "desk.jsonl", "processed"]);
    deepEqual(await openai.files.retrieve(file.id), file);
    equal(await (await openai.files.content(file.id)).text(), MESSAGES);
    const validation = await send(MESSAGES.split("\n").slice(0, 8).join("\n"), "check.jsonl");
    const created = await openai.fineTuning.jobs.create({
      model: "local/spark",
      training_file: file.id,
      validation_file: validation.id,
      suffix: "north-south",
      seed: 7,
      metadata: { team: "desk" },
      method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 5, batch_size: 8 } } },
    });
    valid("fine-tuning job", created);
    await openai.files.delete(file.id); // it was copied
    const job = await jobIs(created.id, ({ finished_at }) => finished_at !== null, "the end");
    valid("fine-tuning job", job);
    deepEqual(
      [job.status, job.fine_tuned_model, job.training_file, job.seed, job.metadata, job.hyperparameters],
      ["succeeded", "local/spark-north-south", file.id, 7, { team: "desk" }, { n_epochs: 5, batch_size: 8, learning_rate_multiplier: 1 }], // prettier-ignore
    );
    ok(job.trained_tokens! > 0);
    for (const { messages, completion } of sortedMessages(2)) {
      const { choices } = await openai.chat.completions.create({
        model: job.fine_tuned_model!,
        temperature: 0,
        messages: messages as OpenAI.ChatCompletionMessageParam[],
      });
      equal(choices[0]!.message.content, completion);
    }
    const events: OpenAI.FineTuning.FineTuningJobEvent[] = [];
    for await (const event of openai.fineTuning.jobs.listEvents(job.id, { limit: 7 })) events.push(event);
    events.forEach((event) => valid("fine-tuning event", event));
    match(events[0]!.message, /successfully completed/);
    match(events.at(-1)!.message, /Created fine-tuning job/);
    const steps = events.filter(({ type }) => type === "metrics").map(({ data }) => (data as { step: number }).step);
    deepEqual(
      steps.toReversed(),
      Array.from(steps, (_, i) => i + 1),
    );
    ok(events.some(({ data }) => "full_valid_loss" in (data as object)));
    const checkpoints = await openai.fineTuning.jobs.checkpoints.list(job.id);
    deepEqual(checkpoints.data, []);
    await refused(openai.fineTuning.jobs.cancel(job.id), 400, /is over: it succeeded/);
  });

  test("pairs of answers are learned from, too", async () => {
    const { id } = await send(PAIRS, "pairs.jsonl");
    const dpo = { hyperparameters: { beta: 0.2, n_epochs: 1, learning_rate_multiplier: 2 } };
    const { id: job } = await openai.fineTuning.jobs.create({ model: "local/spark", training_file: id, method: { type: "dpo", dpo } }); // prettier-ignore
    const done = await jobIs(job, ({ status }) => status === "succeeded", "the end");
    valid("fine-tuning job", done);
    deepEqual(done.method!.dpo!.hyperparameters, { ...dpo.hyperparameters, batch_size: 16 });
    equal(done.fine_tuned_model, "local/spark-pairs");
  });

  test("a job goes on when the server process is killed, and can be cancelled; lists have pages", async () => {
    const { id: file } = await send(MESSAGES, "again.jsonl");
    const { id } = await openai.fineTuning.jobs.create({ model: "local/spark", training_file: file, ...LONG });
    const atStep = async (isThere: (step: number) => boolean) =>
      eventually(async () => {
        const { data } = await openai.fineTuning.jobs.listEvents(id, { limit: 1 });
        const { step = 0 } = (data[0]!.data ?? {}) as { step?: number };
        return isThere(step) ? step : undefined;
      }, "more steps");
    const before = await atStep((step) => step > 3);
    const { processes } = await flywheel.api<ServerStatus>("/api/status");
    process.kill(processes.find(({ name }) => name === "server")!.pid, "SIGKILL");
    const known = await jobIs(id, ({ status }) => status === "running", "the job after the restart");
    equal(known.training_file, file);
    await atStep((step) => step > before);
    equal((await openai.files.retrieve(file)).filename, "again.jsonl");
    const twins = await Promise.all([1, 2].map(() => openai.fineTuning.jobs.create({ model: "local/spark", training_file: file }))); // prettier-ignore
    const names = await Promise.all(twins.map(async (job) => (await flywheel.api<Job>(`/api/jobs/${job.id}`)).candidate)); // prettier-ignore
    deepEqual(names.toSorted(), ["local/spark-again-2", "local/spark-again-3"]);
    for (const twin of twins) equal((await openai.fineTuning.jobs.cancel(twin.id)).status, "cancelled");
    await openai.fineTuning.jobs.cancel(id);
    const over = await jobIs(id, ({ status }) => status === "cancelled", "the end");
    equal(over.fine_tuned_model, null);
    const all: string[] = [];
    for await (const job of openai.fineTuning.jobs.list({ limit: 1 })) all.push(job.id);
    equal(new Set(all).size, 5);
    equal(all[2], id);
    const ofTeam = await openai.fineTuning.jobs.list({ metadata: { team: "desk" } });
    equal(ofTeam.data.length, 1);
    valid("fine-tuning jobs", { object: "list", data: ofTeam.data, has_more: ofTeam.has_more });
    const files: string[] = [];
    for await (const one of openai.files.list({ limit: 1, order: "asc" })) files.push(one.filename);
    deepEqual(files, ["check.jsonl", "pairs.jsonl", "again.jsonl"]);
  });
});

test("our own hosted trainer, which knows nothing of this, tunes a model here as it does at any provider", async (t) => {
  const headers = { authorization: `Bearer ${flywheel.key}` };
  const here = { base_url: flywheel.baseUrl, dialect: "openai-chat" as const, api_key_env: "", headers, models: [] };
  const upstream = createUpstream();
  t.after(() => upstream.close());
  const api = fineTuning(upstream, createProviderSet({ providers: { here }, local: {} }, {}).get("here")!);
  const trainer = hostedTrainer({ provider: "here", api, lookEvery: { first: 100, most: 200 } });
  const told: number[] = [];
  const report = await trainer.train({
    base: "local/spark",
    data: { method: "sft", train: sortedMessages(32), validation: sortedMessages(8) },
    hyperparameters: { ...HYPERPARAMETERS.sft, epochs: 2, batch: 8 },
    folder: join(flywheel.dataDir, "hosted"),
    onProgress: ({ step }) => told.push(step),
    signal: new AbortController().signal,
  });
  match(report.model, /^local\/spark-train/);
  deepEqual(told, [1, 2, 3, 4, 5, 6, 7, 8]);
  ok(report.tokens > 0 && report.steps === 8);
});

/** What is said to a client that means to send a file of so many bytes. */
function announced(bytes: number): Promise<string> {
  const { hostname, port } = new URL(flywheel.origin);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(
    `POST /v1/files HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${flywheel.key}\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: ${bytes}\r\n\r\n--b\r\n`,
  );
  return new Promise((resolve, reject) => {
    let said = "";
    socket
      .setEncoding("utf8")
      .on("error", reject)
      .on("data", (text: string) => {
        said += text;
        if (!said.includes("}}")) return;
        socket.destroy();
        resolve(said);
      });
  });
}

describe("what cannot be is refused, and nothing of it stays", () => {
  const whole = MESSAGES.split("\n");
  const files = {
    "an empty file": ["", /line 1/],
    "a file that is no JSON": [`${whole[0]}\nqueue,text`, /line 2 is not JSON/],
    "a line of 5 MB": [`${whole[0]}\n${JSON.stringify({ messages: [{ role: "user", content: "x".repeat(5 << 20) }] })}`, /line 2 is longer than 1000000 bytes/], // prettier-ignore
    "a conversation without an answer": [`${whole[0]}\n\n{"messages":[{"role":"user","content":"hi"}]}`, /line 3: the last message must be the assistant's/], // prettier-ignore
    "tools": [`{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"tools":[{}]}`, /line 1: `tools`/], // prettier-ignore
    "both kinds at once": [`${whole[0]}\n${PAIRS.split("\n")[0]}`, /line 2: `input` cannot be learned from/],
    "another form": [`{"prompt":"a","completion":"b"}`, /line 1 has neither `messages`/],
    "bytes that are no text": ["\u0000{}", /line 1 is not JSON/],
  } as const;
  for (const [name, [content, message]] of Object.entries(files))
    test(`as a file: ${name}`, () => refused(send(content), 400, message));

  test("another purpose, a file that is too large, a form that is none", async () => {
    await refused(send(MESSAGES, "x.jsonl", "assistants"), 400, /`purpose` must be fine-tune/);
    const headers = { authorization: `Bearer ${flywheel.key}` };
    const post = async (path: string, init: RequestInit) => {
      const response = await fetch(flywheel.origin + path, { method: "POST", ...init, headers: { ...headers, ...init.headers } }); // prettier-ignore
      const body = (await response.json()) as { error: { message: string } };
      valid("error", body);
      return `${response.status} ${body.error.message}`;
    };
    match(await announced(200 << 20), /^HTTP\/1.1 413 [^]*larger than 33554432 bytes/);
    match(await post("/files", { body: "{}", headers: { "content-type": "application/json" } }), /400 .*multipart/);
    const cut = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n{}"; // prettier-ignore
    match(await post("/v1/files", { body: cut, headers: { "content-type": "multipart/form-data; boundary=b" } }), /400 .*ends in the middle/); // prettier-ignore
    const before = (await openai.files.list()).data.length;
    equal(readdirSync(join(flywheel.dataDir, "files")).length, before);
  });

  test("jobs that ask for what is not there, or contradict themselves", async () => {
    const { id } = await send(MESSAGES);
    const create = (body: object) =>
      openai.fineTuning.jobs.create({ model: "local/spark", training_file: id, ...body });
    await refused(create({ training_file: "file_none" }), 404, /no file file_none/);
    await refused(create({ model: "local/none" }), 400, /must be a local one/);
    await refused(create({ method: { type: "dpo" } }), 400, /`method.type` must be supervised/);
    await refused(create({ method: { type: "reinforcement" } }), 400, /supervised or dpo/);
    await refused(create({ hyperparameters: { n_epochs: 0 } }), 400, /`n_epochs` is auto or a whole number/);
    await refused(create({ hyperparameters: { epochs: 3 } }), 400, /`hyperparameters.epochs` is not known/);
    await refused(create({ suffix: "../up" }), 400, /`suffix` is up to 40/);
    await refused(create({ model: "openai/gpt-4o", suffix: "x" }), 400, /names its models itself/);
    await refused(create({ speed: 1 }), 400, /`speed` is not known here/);
    await refused(create({ integrations: [{ type: "wandb" }] }), 400, /no `integrations`/);
  });

  test("one answer to everything is nothing to learn: the job fails and says so", async () => {
    const same = lines(sortedMessages(24).map(({ messages }) => ({ messages: [...messages, answer("yes")] })));
    const { id } = await send(same, "same.jsonl");
    const job = await openai.fineTuning.jobs.create({ model: "local/spark", training_file: id });
    const failed = await jobIs(job.id, ({ status }) => status === "failed", "the end");
    valid("fine-tuning job", failed);
    match(failed.error!.message, /answers are the same/);
    equal(failed.fine_tuned_model, null);
  });

  test("who has no key, or asks for what is not there", async () => {
    await refused(openai.files.retrieve("file_none"), 404, /no file file_none/);
    await refused(openai.files.delete("../control.db"), 404, /no file/);
    await refused(openai.fineTuning.jobs.retrieve("job_none"), 404, /nothing at job job_none/);
    await refused(openai.fineTuning.jobs.listEvents("job_none"), 404, /nothing at job/);
    const stranger = openai.withOptions({ apiKey: "fw_dev_wrong" });
    await refused(stranger.files.list(), 401, /not known here/);
    const { status } = await fetch(`${flywheel.baseUrl}/fine_tuning/jobs`);
    equal(status, 401);
    const { secret } = await flywheel.api<{ secret: string }>("/api/keys", { name: "caller", scopes: ["inference"] });
    await refused(openai.withOptions({ apiKey: secret }).files.list(), 403, /lacks the scope `admin`/);
  });
});
