import { rmSync } from "node:fs";
import { inParallel } from "@flywheel/evals";
import { serveLocal } from "@flywheel/local/server";
import type { Hyperparameters } from "@flywheel/protocol";
import { builtinTrainer, type TrainingData } from "@flywheel/tuning/training";
import type { Message } from "./task.ts";

const SECRET = "bench";
const AT_ONCE = 4;

/** Trains on the data and gives, for each test message, whether the tuned model sorts it right. `folder` is removed. */
export async function rightAfterTraining(
  base: string,
  data: TrainingData,
  tests: readonly Message[],
  labels: readonly string[],
  hyperparameters: Hyperparameters,
  folder: string,
): Promise<boolean[]> {
  const { adapter } = await builtinTrainer(1).train({
    base,
    data,
    hyperparameters,
    folder,
    onProgress: () => {},
    signal: new AbortController().signal,
  });
  const server = await serveLocal({ models: { tuned: { path: base, adapter } }, host: "127.0.0.1", port: 0, secret: SECRET, threads: 1, log: () => {} }); // prettier-ignore
  try {
    return await sorted(`http://127.0.0.1:${server.port}/v1`, tests, labels);
  } finally {
    await server.close(0);
    rmSync(folder, { recursive: true });
  }
}

async function sorted(url: string, tests: readonly Message[], labels: readonly string[]): Promise<boolean[]> {
  const grammar = `root ::= ${labels.map((label) => JSON.stringify(label)).join(" | ")}`;
  const right: boolean[] = [];
  await inParallel(tests, AT_ONCE, new AbortController().signal, async ({ text, label }, i) => {
    const response = await fetch(`${url}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "tuned", messages: [{ role: "user", content: text }], temperature: 0, grammar }),
    });
    if (!response.ok) throw new Error(await response.text());
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
    right[i] = choices[0]!.message.content === label;
  });
  return right;
}
