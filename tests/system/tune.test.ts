import { deepEqual, equal, match, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Evidence, Generation, Job } from "@flywheel/protocol";
import OpenAI from "openai";
import { preferences, sortedMessages } from "../../packages/tuning/test/trainer-conformance.ts";
import { flywheel as run } from "./command.ts";
import { type ScriptedUpstream, startUpstream } from "../upstream/server.ts";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "./flywheel.ts";

let flywheel: Flywheel;
let provider: ScriptedUpstream;

before(async () => {
  provider = await startUpstream();
  const projectDir = temporaryFolder("project");
  const providers = `{ scripted: { baseUrl: "${provider.origin}/v1" } }`;
  writeFileSync(join(projectDir, "flywheel.config.ts"), `export default { providers: ${providers} };\n`);
  flywheel = await startFlywheel({ projectDir });
});
after(async () => {
  await flywheel.stop();
  await provider.close();
  removeFolder(flywheel.dataDir);
});

const inFolder = (...args: string[]) => run([...args, "--data", flywheel.dataDir]);

describe("flywheel tune and promote", () => {
  test("makes a model of a dataset that is called at once, and answers as the dataset does", async () => {
    const held = sortedMessages(24).map((row) => ({ ...row, id: `held-${row.id}`, kind: "example", split: "holdout" }));
    const seen = sortedMessages(42).map((row, i) => ({
      ...row,
      kind: "example",
      split: i % 7 === 5 ? "eval" : "train",
    }));
    const rows = [...seen, ...held];
    const file = join(flywheel.dataDir, "rows.jsonl");
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join("\n"));
    equal((await inFolder("dataset", "import", file, "--name", "desk")).code, 0);
    const tuned = await inFolder("tune", "desk", "--epochs", "12", "--json");
    equal(tuned.code, 0, tuned.stderr);
    const last = JSON.parse(tuned.stdout.trim().split("\n").at(-1)!) as Job;
    deepEqual([last.candidate, last.dataset, last.status], ["local/spark-desk", "desk@1", "succeeded"]);
    const openai = new OpenAI({ apiKey: flywheel.key, baseURL: flywheel.baseUrl, maxRetries: 5 });
    const ask = async ({ messages, response_schema }: (typeof rows)[number]) => {
      const schema = response_schema as Record<string, unknown>;
      const { choices } = await openai.chat.completions.create({
        model: last.candidate,
        temperature: 0,
        messages: messages as OpenAI.ChatCompletionMessageParam[],
        response_format: { type: "json_schema", json_schema: { name: "queue", schema } },
      });
      return choices[0]!.message.content;
    };
    for (const row of rows.slice(0, 2)) equal(await ask(row), row.completion);
  });

  test("leads to a promotion where the model is shown to be better, and one command takes it back", async () => {
    const openai = new OpenAI({ apiKey: flywheel.key, baseURL: flywheel.baseUrl });
    const answersFast = async () => {
      const asked = openai.chat.completions.create({
        model: "fast",
        max_tokens: 1,
        messages: [{ role: "user", content: "hi" }],
      });
      const { response } = await asked.withResponse();
      const id = response.headers.get("flywheel-generation-id")!;
      const found = () => flywheel.api<Generation>(`/api/generations/${id}`).catch(() => undefined);
      return (await eventually(found, "the row")).provider_model;
    };
    const becomes = (model: string) => eventually(async () => (await answersFast()) === model || undefined, model);
    await becomes("spark");
    const promoted = await inFolder("promote", "local/spark-desk", "--route", "fast", "--dataset", "desk", "--json");
    equal(promoted.code, 0, promoted.stderr + promoted.stdout);
    const { evidence } = JSON.parse(promoted.stdout) as { evidence: Evidence };
    ok(evidence.candidate.estimate > evidence.baseline.estimate && evidence.examples === 24);
    await becomes("spark-desk");
    const back = await inFolder("promote", "local/spark", "--route", "fast", "--dataset", "desk");
    equal(back.code, 4, back.stdout);
    match(
      back.stderr,
      /Decision 2 on fast: .* in 2\.5 % of the cases at most/,
      "the first promoted, and gave its level on",
    );
    match(back.stdout, /^not promoted/);
    equal((await inFolder("rollback", "fast")).code, 0);
    await becomes("spark");
    const list = (await inFolder("promotions")).stdout.trim().split("\n");
    match(list[0]!, /fast: local\/spark in place of local\/spark-desk +\(rollback\)$/);
    equal(list.length, 2);
  });

  test("refuses a model whose training was so hot that it broke what the model could do before", async () => {
    const openai = new OpenAI({ apiKey: flywheel.key, baseURL: flywheel.baseUrl });
    const asked = ["Hello!", "Where is my parcel?", "I forgot my password.", "My card was stolen.", "Can I return it?", "Thanks, bye!", "Who are you?", "The app crashes.", "I was charged twice.", "Do you ship to Norway?", "My vase is broken.", "I want to close my account."]; // prettier-ignore
    const kept = asked.map(async (content, i) => {
      const messages = [{ role: "user" as const, content }];
      const { choices } = await openai.chat.completions.create({ model: "local/spark", temperature: 0, messages });
      return { id: `kept-${i}`, kind: "example", split: "holdout", messages, completion: choices[0]!.message.content!, response_schema: null, weight: 1, lineage: { generation_ids: [], event_ids: [], user_id: `user-${i}` } }; // prettier-ignore
    });
    const decided = sortedMessages(4).map((row) => ({
      ...row,
      id: `held-${row.id}`,
      kind: "example",
      split: "holdout",
    }));
    const pairs = preferences(24).map((row) => ({ ...row, kind: "preference", split: "train" }));
    for (const [name, rows] of Object.entries({ kept: await Promise.all(kept), pairs: [...pairs, ...decided] }))
      await flywheel.api(`/api/datasets/${name}/import`, { rows, at: 0, upload: name, last: true });
    const hot = ["--rate", "0.02", "--promote-if", "better", "--route", "fast", "--protect", "kept", "--json"];
    const tuned = await inFolder("tune", "pairs", ...hot);
    equal(tuned.code, 4, tuned.stderr);
    const { evidence, promotion_id } = JSON.parse(tuned.stdout.trim().split("\n").at(-1)!) as Job;
    equal(promotion_id, null);
    const [slice] = evidence!.slices;
    equal(slice!.slice, "kept");
    ok(slice!.candidate < slice!.baseline, evidence!.reason);
  });

  test("has a provider train its own model, which is called by the name that the provider gives it", async () => {
    const tuned = await inFolder("tune", "desk", "--model", "scripted/learns");
    equal(tuned.code, 0, tuned.stderr);
    match(tuned.stdout, /^scripted\/ft:learns:org::ftjob-1 +sft of desk@1: 10 steps, 4,321 tokens, 60 s/);
    match(tuned.stderr, /Ask it: flywheel chat scripted\/ft:learns/);
    const failed = await inFolder("tune", "desk", "--model", "scripted/fails-late");
    equal(failed.code, 1);
    match(failed.stderr, /scripted says of the job ftjob-2: the training stopped for a reason of ours/);
  });

  test("does not wait for a provider's job, and cancels it there", async () => {
    const slow = await flywheel.api<Job>("/api/jobs", { dataset: "desk", model: "scripted/slow" });
    const begun = () => flywheel.api<Job>(`/api/jobs/${slow.id}`).then(({ progress }) => progress ?? undefined);
    await eventually(begun, "a step of the slow job");
    equal((await inFolder("tune", "desk", "--epochs", "1", "--name", "meanwhile")).code, 0);
    equal((await flywheel.api<Job>(`/api/jobs/${slow.id}`)).status, "running");
    equal((await inFolder("jobs", "cancel", slow.id)).code, 0);
    const isOver = async () => (await flywheel.api<Job>(`/api/jobs/${slow.id}`)).status === "cancelled" || undefined;
    await eventually(isOver, "the end of the job");
    equal(provider.fineTuning.jobs.at(-1)!.cancelled, true);
  });

  test("says what it does not understand", async () => {
    equal((await inFolder("tune", "nothing")).code, 1);
    const keyless = await inFolder("tune", "desk", "--model", "openai/gpt-4o");
    equal(keyless.code, 2);
    match(keyless.stderr, /openai\/gpt-4o cannot be tuned: set OPENAI_API_KEY/);
    const none = await inFolder("tune", "desk", "--model", "local/nothing");
    equal(none.code, 2);
    match(none.stderr, /must be a local one \(local\/spark/);
    equal((await inFolder("tune", "desk", "--rank", "9")).code, 2);
    equal((await inFolder("promote", "local/spark-desk", "--route", "nowhere", "--force")).code, 2);
    const pairs = await inFolder("tune", "desk", "--method", "dpo");
    equal(pairs.code, 1);
    match(pairs.stderr, /no preferences in its split `train`, so there is nothing to learn from/);
  });
});
