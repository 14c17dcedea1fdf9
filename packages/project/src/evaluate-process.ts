import type { EvaluateAnswer } from "./evaluate.ts";
import { toPlain } from "./plain-data.ts";

// Runs the user's code. Node's permission model has closed files, network, processes, workers and native code to it, and
// its environment is empty.

const send = process.send!.bind(process);

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
process.once("message", async (code: string) => {
  // The channel is ours; user code that looks for it finds none.
  delete process.send;
  try {
    const module = (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as object;
    const exported: unknown = "default" in module ? await module.default : undefined;
    answer({ exports: Object.keys(module), value: toPlain(exported) });
  } catch (error) {
    fail(error);
  }
});

function answer(message: EvaluateAnswer): void {
  send(message);
}

function fail(error: unknown): void {
  if (!(error instanceof Error))
    return answer({ message: `threw ${toText(error)}, which is not an Error`, frames: [], denied: false });
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  answer({
    message: `${error.name === "Error" ? "" : `${error.name}: `}${error.message}`,
    frames: framesOf(error.stack ?? ""),
    denied: (cause?.code ?? code) === "ERR_ACCESS_DENIED",
  });
}

function toText(value: unknown): string {
  try {
    return typeof value === "symbol" ? value.toString() : (JSON.stringify(value) ?? String(value));
  } catch {
    return "something";
  }
}

/** Positions in the bundle, innermost first. The bundle itself is in each line of the stack: it is a `data:` address. */
function framesOf(stack: string): { line: number; column: number }[] {
  return Array.from(stack.matchAll(/data:text\/javascript[^\s:]*:(\d+):(\d+)/g), ([, line, column]) => ({
    line: Number(line),
    column: Number(column),
  }));
}
