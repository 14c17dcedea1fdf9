import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { TrainingProgress } from "@flywheel/protocol";
import { createProviderSet, createUpstream, fineTuning } from "@flywheel/providers";
import { openaiSchema } from "../../../../tests/recordings/openai-schema.ts";
import { type ScriptedUpstream, startUpstream } from "../../../../tests/upstream/server.ts";
import { preferences, sortedMessages, testTrainer } from "../../test/trainer-conformance.ts";
import { HYPERPARAMETERS, Postponed, type Trainer, type TrainingTask } from "../trainer.ts";
import { hostedTrainer } from "./hosted.ts";

const check = openaiSchema();
const PATIENCE = { first: 5, most: 20, total: 60, withJob: 1000 };

async function hosted(t: Pick<TestContext, "after">): Promise<{ provider: ScriptedUpstream; trainer: Trainer }> {
  const provider = await startUpstream();
  const row = { base_url: `${provider.origin}/v1`, dialect: "openai-chat" as const, api_key_env: "", headers: { authorization: "Bearer sk-test" }, models: [] }; // prettier-ignore
  const acme = createProviderSet({ providers: { acme: row }, local: {} }, {}).get("acme")!;
  const upstream = createUpstream();
  t.after(async () => {
    upstream.close();
    await provider.close();
  });
  const api = fineTuning(upstream, acme);
  return { provider, trainer: hostedTrainer({ provider: "acme", api, lookEvery: { first: 5, most: 20 }, patience: PATIENCE }) }; // prettier-ignore
}

function task(t: TestContext, changes: Partial<TrainingTask> = {}): TrainingTask & { told: TrainingProgress[] } {
  const folder = mkdtempSync(join(tmpdir(), "flywheel-hosted-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const told: TrainingProgress[] = [];
  const data = { method: "sft" as const, train: sortedMessages(24), validation: sortedMessages(4) };
  return { base: "learns", data, hyperparameters: HYPERPARAMETERS.sft, folder, told, onProgress: (each) => told.push(each), signal: new AbortController().signal, ...changes }; // prettier-ignore
}

const asked = ({ seen }: ScriptedUpstream, start: string) => seen.filter(({ path }) => path === start).length;

testTrainer({ open: async (t) => (await hosted(t)).trainer, name: "hosted", base: "learns", result: "model" });

test("the provider gets our key, the data in its format, and what was chosen; what was not is left to it", async (t) => {
  const { provider, trainer } = await hosted(t);
  const report = await trainer.train(task(t));
  equal(report.model, "ft:learns:org::ftjob-1");
  deepEqual([report.adapter, report.steps, report.tokens, report.seconds], ["", 10, 4321, 60]);
  ok(provider.seen.every(({ headers }) => headers.authorization === "Bearer sk-test"));
  const lines = provider.fineTuning.files.get("file-1")!.trim().split("\n");
  deepEqual([lines.length, JSON.parse(lines[0]!)], [24, { messages: [{ role: "user", content: "Please, it is about my card number 0." }, { role: "assistant", content: '{"queue":"north"}' }] }]); // prettier-ignore
  deepEqual(provider.fineTuning.jobs[0]!.body, {
    model: "learns",
    training_file: "file-1",
    validation_file: "file-2",
    method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 4 } } },
    seed: 1,
  });
  const pairs = { method: "dpo" as const, train: preferences(20), validation: [] };
  const hyperparameters = { ...HYPERPARAMETERS.dpo, rate: 2 * HYPERPARAMETERS.dpo.rate, batch: 4 };
  await trainer.train(task(t, { data: pairs, hyperparameters }));
  const chosen = { n_epochs: 2, batch_size: 4, learning_rate_multiplier: 2, beta: 0.1 };
  deepEqual(provider.fineTuning.jobs[1]!.body["method"], { type: "dpo", dpo: { hyperparameters: chosen } });
  for (const { body } of provider.fineTuning.jobs) equal(check?.("fine-tuning request", body), undefined);
});

test("every step is told once, in order, whether the provider says it in figures or in words", async (t) => {
  const { trainer } = await hosted(t);
  const made = task(t);
  await trainer.train(made);
  deepEqual(made.told.map(({ step }) => step), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]); // prettier-ignore
  deepEqual(made.told[4], { step: 5, steps: 10, epoch: 1, loss: 0.4, validation_loss: 0.5, tokens: 0, seconds: 25 });
  deepEqual(made.told[5], { step: 6, steps: 10, epoch: 2, loss: 0.33, tokens: 0, seconds: 30 });
});

test("a job that failed is told in the provider's words, and the next try pays for a new one only", async (t) => {
  const { provider, trainer } = await hosted(t);
  const made = task(t, { base: "fails-on-file" });
  await rejects(trainer.train(made), /acme says of the job ftjob-1: .*too few examples/);
  await rejects(trainer.train(task(t, { base: "fails-late" })), /the training stopped for a reason of ours/);
  await rejects(trainer.train(made), /ftjob-3/);
  equal(provider.fineTuning.files.size, 4);
});

test("what the provider does not take is said at once: a model, a file, an empty set", async (t) => {
  const { provider, trainer } = await hosted(t);
  await rejects(trainer.train(task(t, { base: "gpt-0" })), /acme says: Model gpt-0 is not available for fine-tuning/);
  const [first, ...rest] = sortedMessages(24);
  const train = [{ ...first!, completion: "REFUSE ME" }, ...rest];
  const refused = task(t, { data: { method: "sft", train, validation: [] } });
  await rejects(trainer.train(refused), /acme refuses the file train\.jsonl: it holds what we do not take/);
  equal(provider.fineTuning.jobs.length, 0);
});

test("a provider that is busy, or breaks off, or is not done with a file, is asked again", async (t) => {
  const { provider, trainer } = await hosted(t);
  provider.fineTuning.unready = 3;
  provider.fineTuning.faults = {
    "POST /v1/files": ["429", "reset"],
    "POST /v1/fine_tuning/jobs": ["500"],
    "GET /v1/fine_tuning/jobs/ftjob-1": ["reset", "429", "500"],
    "GET /v1/fine_tuning/jobs/ftjob-1/events": ["429"],
  };
  equal((await trainer.train(task(t))).model, "ft:learns:org::ftjob-1");
});

test("a beginning whose answer was lost is not paid for twice, even where other jobs were begun since", async (t) => {
  const { provider, trainer } = await hosted(t);
  const others = ["a", "b", "c"].map((id) => ({ id, body: { model: "learns", training_file: id }, looks: 0, cancelled: false })); // prettier-ignore
  provider.fineTuning.faults = { "POST /v1/fine_tuning/jobs": ["answer lost"] };
  provider.onRequest = ({ path }) => {
    if (path.includes("?limit=") && provider.fineTuning.jobs.length === 1) provider.fineTuning.jobs.push(...others);
  };
  equal((await trainer.train(task(t))).model, "ft:learns:org::ftjob-1");
  equal(asked(provider, "/v1/fine_tuning/jobs"), 1);
});

test("a provider that is gone for long is given up, the job is not: the next run finds it", async (t) => {
  const { provider, trainer } = await hosted(t);
  const made = task(t);
  const gone = Array<"reset">(500).fill("reset");
  provider.fineTuning.faults = { "GET /v1/fine_tuning/jobs/ftjob-1": gone };
  await rejects(trainer.train(made), /acme could not be asked \(GET \/fine_tuning\/jobs\/ftjob-1\)/);
  gone.length = 0;
  equal((await trainer.train(made)).model, "ft:learns:org::ftjob-1");
  deepEqual([provider.fineTuning.jobs.length, provider.fineTuning.files.size], [1, 2]);
});

test("an abort cancels the job at the provider; one that is postponed lets it go on, and is gone on with", async (t) => {
  const { provider, trainer } = await hosted(t);
  const stopAtStep = (reason: Error) => {
    const stop = new AbortController();
    return { signal: stop.signal, onProgress: ({ step }: TrainingProgress) => step === 3 && stop.abort(reason) };
  };
  const made = task(t, { base: "slow", ...stopAtStep(new Postponed("the server ends")) });
  await rejects(trainer.train(made), /the server ends/);
  equal(provider.fineTuning.jobs[0]!.cancelled, false);
  const rest: number[] = [];
  const stop = new AbortController();
  const again = { ...made, signal: stop.signal, onProgress: ({ step }: TrainingProgress) => void (rest.push(step), step === 5 && stop.abort(new Error("enough"))) }; // prettier-ignore
  await rejects(trainer.train(again), /enough/);
  deepEqual(rest, [4, 5]);
  deepEqual([provider.fineTuning.jobs.length, provider.fineTuning.jobs[0]!.cancelled], [1, true]);
  match(provider.seen.at(-1)!.path, /ftjob-1\/cancel$/);
});
