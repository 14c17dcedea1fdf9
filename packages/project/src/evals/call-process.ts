import { toPlain } from "../plain-data.ts";
import type { CallQuestion, CallResult } from "./load-evals.ts";

// Runs a function of the user's. Node's permission model has closed files, network, processes, workers and native code
// to it, and its environment is empty.

const send = process.send!.bind(process);

process.once("message", async ({ code, path, inputs }: CallQuestion) => {
  // The channel is ours; user code that looks for it finds none.
  delete process.send;
  const results: CallResult[] = [];
  try {
    const module = (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as object;
    const definition: unknown = "default" in module ? await module.default : undefined;
    const called = path.reduce<unknown>((value, key) => Object(value)[key] as unknown, definition);
    for (const input of inputs) results.push(await result(called as (input: unknown) => unknown, input));
  } catch (error) {
    for (const _ of inputs.slice(results.length)) results.push({ error: text(error) });
  }
  send(results);
});

async function result(called: (input: unknown) => unknown, input: unknown): Promise<CallResult> {
  try {
    return { value: toPlain(await called(input)) };
  } catch (error) {
    return { error: text(error) };
  }
}

const text = (error: unknown) => (error instanceof Error ? error.message : String(error));
