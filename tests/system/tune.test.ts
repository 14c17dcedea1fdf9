import { deepEqual, equal, match } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import OpenAI from "openai";
import { sortedMessages } from "../../packages/tuning/test/trainer-conformance.ts";
import { flywheel as run } from "./command.ts";
import { type Flywheel, removeFolder, startFlywheel } from "./flywheel.ts";

let flywheel: Flywheel;

before(async () => {
  flywheel = await startFlywheel();
});
after(async () => {
  await flywheel.stop();
  removeFolder(flywheel.dataDir);
});

const inFolder = (...args: string[]) => run([...args, "--data", flywheel.dataDir]);

describe("flywheel tune", () => {
  test("makes a model of a dataset that is called at once, and answers as the dataset does", async () => {
    const rows = sortedMessages(36).map((row, i) => ({
      ...row,
      kind: "example",
      split: i % 6 === 5 ? "eval" : "train",
    }));
    const file = join(flywheel.dataDir, "rows.jsonl");
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join("\n"));
    equal((await inFolder("dataset", "import", file, "--name", "desk")).code, 0);
    const tuned = await inFolder("tune", "desk", "--epochs", "9", "--json");
    equal(tuned.code, 0, tuned.stderr);
    const last = JSON.parse(tuned.stdout.trim().split("\n").at(-1)!) as { model: string; dataset: string };
    deepEqual([last.model, last.dataset], ["local/spark-desk", "desk@1"]);
    const openai = new OpenAI({ apiKey: flywheel.key, baseURL: flywheel.baseUrl, maxRetries: 5 });
    const ask = async ({ messages, response_schema }: (typeof rows)[number]) => {
      const schema = response_schema as Record<string, unknown>;
      const { choices } = await openai.chat.completions.create({
        model: last.model,
        temperature: 0,
        messages: messages as OpenAI.ChatCompletionMessageParam[],
        response_format: { type: "json_schema", json_schema: { name: "queue", schema } },
      });
      return choices[0]!.message.content;
    };
    for (const row of rows.slice(0, 2)) equal(await ask(row), row.completion);
  });

  test("says what it does not understand", async () => {
    equal((await inFolder("tune", "nothing")).code, 1);
    const none = await inFolder("tune", "desk", "--model", "openai/gpt-4o");
    equal(none.code, 2);
    match(none.stderr, /must be a local model \(local\/spark/);
    equal((await inFolder("tune", "desk", "--rank", "9")).code, 2);
    const pairs = await inFolder("tune", "desk", "--method", "dpo");
    equal(pairs.code, 1);
    match(pairs.stderr, /empty: there is nothing to learn from/);
  });
});
