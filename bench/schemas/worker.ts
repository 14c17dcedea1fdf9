import { parentPort, workerData } from "node:worker_threads";
import type { Schema } from "@flywheel/schema";
import { arranged } from "../../packages/schema/test/arrange.ts";
import { judge, type Verdict } from "../../packages/schema/test/judge.ts";
import { readSuite, type SuiteCase } from "../../packages/schema/test/suites.ts";
import { CONVERTERS, type Converted } from "./converters.ts";

/** Which schemas to judge, and by what: a thread of its own, so that one that takes forever can be ended. */
export interface Task {
  converter: keyof typeof CONVERTERS;
  folder: string;
  file: string;
  from: number;
}

export interface Judged {
  index: number;
  name: string;
  verdict: Verdict;
  /** To the end of the last judgement, the matching of all values included. */
  ms: number;
}

const { converter, folder, file, from } = workerData as Task;
const { open }: Converted = CONVERTERS[converter];
const convert = await open();
const port = parentPort!;
for (const [index, each] of readSuite(folder, file).entries())
  if (index >= from) {
    const answer = await judged(index, each);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
    port.postMessage(answer);
  }

async function judged(index: number, each: SuiteCase): Promise<Judged> {
  const texts = each.instances.map(({ valid, data }) => (valid ? arranged(each.schema, data) : JSON.stringify(data)));
  const began = performance.now();
  const accepted = new Map<string, boolean>();
  let compiled = true;
  try {
    const answers = await convert(each.formats ? each.schema : withoutFormats(each.schema), texts);
    for (const [i, text] of texts.entries()) accepted.set(text, answers[i]!);
  } catch {
    compiled = false;
  }
  const ms = performance.now() - began;
  const verdict = judge(each, compiled ? (text) => accepted.get(text)! : undefined);
  return { index, name: each.name, verdict, ms };
}

/** Where the authors mean `format` as a remark, nobody is asked to hold to it. */
function withoutFormats(schema: Schema): Schema {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      key === "format" && typeof value === "string" ? undefined : value,
    ),
  ) as Schema;
}
