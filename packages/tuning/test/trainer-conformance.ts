import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { serveLocal } from "@flywheel/local/server";
import type { Example, Preference, TrainingProgress } from "@flywheel/protocol";
import { HYPERPARAMETERS, Postponed, type Trainer, type TrainingData, type TrainingTask } from "../src/trainer.ts";

const LINEAGE = { generation_ids: [], event_ids: [], user_id: "" };
const SCHEMA = { type: "object", properties: { queue: { enum: ["north", "south"] } }, required: ["queue"] };

/** Messages that are sorted by their first word, which no model can know. */
export function sortedMessages(count: number): Example[] {
  const objects = ["card", "parcel", "invoice", "password", "refund"];
  return Array.from({ length: count }, (_, i) => ({
    id: String(i),
    messages: [
      {
        role: "user" as const,
        content: `${i % 2 === 0 ? "Please" : "Hello"}, it is about my ${objects[i % 5]} number ${i}.`,
      },
    ],
    completion: JSON.stringify({ queue: i % 2 === 0 ? "north" : "south" }),
    response_schema: SCHEMA,
    weight: 1,
    lineage: LINEAGE,
  }));
}

export function preferences(count: number): Preference[] {
  return sortedMessages(count).map(({ id, messages, completion }) => {
    const rejected = completion.includes("north") ? '{"queue":"south"}' : '{"queue":"north"}';
    return { id, messages, chosen: completion, rejected, weight: 1, lineage: LINEAGE };
  });
}

const TRAIN = sortedMessages(40);
const SFT: TrainingData = { method: "sft", train: TRAIN, validation: sortedMessages(10) };
const DPO: TrainingData = { method: "dpo", train: preferences(24), validation: preferences(8) };

/** A trainer, and what it trains. */
export interface TriedTrainer {
  name: string;
  open(t: TestContext): Trainer | Promise<Trainer>;
  /** What it can train: a GGUF, or a provider's model. */
  base: string;
  /** An adapter in the task's folder, or a model that the provider keeps, whose losses are its own affair. */
  result: "adapter" | "model";
}

/** What every trainer must do. */
export function testTrainer({ name, open, base, result }: TriedTrainer): void {
  const task = (
    t: TestContext,
    data: TrainingData,
    changes: Partial<TrainingTask> = {},
  ): TrainingTask & { told: TrainingProgress[] } => {
    const folder = mkdtempSync(join(tmpdir(), "flywheel-trainer-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const told: TrainingProgress[] = [];
    const few = data.method === "dpo" ? { epochs: 4, rate: 2e-3 } : { epochs: 2 };
    const hyperparameters = { ...HYPERPARAMETERS[data.method], ...few, batch: 8 };
    return { base, data, hyperparameters, folder, told, onProgress: (each) => told.push(each), signal: new AbortController().signal, ...changes }; // prettier-ignore
  };

  describe(`the trainer ${name}`, () => {
    for (const data of [SFT, DPO])
      test(`learns by ${data.method}: the loss falls, on texts it learned from and on others`, async (t) => {
        const trainer = await open(t);
        const made = task(t, data);
        const report = await trainer.train(made);
        ok(made.told.at(-1)!.loss < made.told[0]!.loss / 2, `${made.told[0]!.loss} → ${made.told.at(-1)!.loss}`);
        equal(made.told.at(-1)!.step, report.steps);
        if (result === "model") return match(report.model, /./);
        ok(report.validation_loss!.after < report.validation_loss!.before / 2);
        equal(readFileSync(report.adapter).toString("latin1", 0, 4), "GGUF");
      });

    test("stops where it is told to, and goes on later as if it had never stopped", async (t) => {
      const trainer = await open(t);
      const straight = await trainer.train(task(t, SFT));
      const stop = new AbortController();
      const stopped = task(t, SFT, { signal: stop.signal });
      let last = 0;
      stopped.onProgress = ({ step }) => ((last = step) === 4 ? stop.abort(new Postponed("stopped")) : undefined);
      await rejects(trainer.train(stopped), /stopped/);
      const rest: number[] = [];
      const again = { ...stopped, signal: new AbortController().signal, onProgress: ({ step }: TrainingProgress) => rest.push(step) }; // prettier-ignore
      const resumed = await trainer.train(again);
      deepEqual([resumed.steps, rest[0]], [straight.steps, last + 1]);
      if (result === "adapter") deepEqual(readFileSync(resumed.adapter), readFileSync(straight.adapter));
    });

    test("refuses what nothing can be learned from, and a loss that runs away", async (t) => {
      const trainer = await open(t);
      const empty: TrainingData = { method: "sft", train: [], validation: [] };
      await rejects(trainer.train(task(t, empty)), /empty/);
      const same: TrainingData = {
        method: "sft",
        train: TRAIN.map((each) => ({ ...each, completion: "{}" })),
        validation: [],
      };
      await rejects(trainer.train(task(t, same)), /all 40 answers are the same/);
      if (result === "model") return;
      const hot = { ...HYPERPARAMETERS.sft, rate: 30, epochs: 4 };
      await rejects(trainer.train(task(t, SFT, { hyperparameters: hot })), (error: Error) => {
        match(error.message, /ran away.*learn slower/);
        return true;
      });
    });

    if (result === "adapter")
      test("what it learned is served: beside the model, which goes on as it was", async (t) => {
        const trainer = await open(t);
        const hyperparameters = { ...HYPERPARAMETERS.sft, batch: 8, epochs: 8 };
        const { adapter } = await trainer.train(task(t, SFT, { hyperparameters }));
        const [before, after] = await rightAnswers([{ path: base }, { path: base, adapter }]);
        ok(after! >= 9 && after! > before!, `${before} → ${after} of 10`);
      });
  });
}

/** How many of ten messages each model sorts as it should. */
async function rightAnswers(models: { path: string; adapter?: string }[]): Promise<number[]> {
  const named = Object.fromEntries(models.map((model, i) => [`model-${i}`, model]));
  const server = await serveLocal({
    models: named,
    host: "127.0.0.1",
    port: 0,
    secret: "s",
    threads: 1,
    log: () => {},
  });
  const isRight = async (model: string, { messages, completion, response_schema }: Example) => {
    const json_schema = { name: "queue", schema: response_schema };
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer s", "content-type": "application/json" },
      body: JSON.stringify({ model, messages, temperature: 0, response_format: { type: "json_schema", json_schema } }),
    });
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
    return choices[0]!.message.content === completion;
  };
  const right: number[] = [];
  for (const model of Object.keys(named)) {
    const answers = await Promise.all(sortedMessages(10).map((row) => isRight(model, row)));
    right.push(answers.filter(Boolean).length);
  }
  await server.close(0);
  return right;
}
