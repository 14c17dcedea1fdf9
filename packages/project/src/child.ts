import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A process that gets one message, answers with one, and is gone. */
export interface Question {
  /** Module that the process runs. */
  entry: URL;
  /** Options for Node, such as `--permission`. */
  nodeOptions?: string[];
  /** Working folder of the process. */
  dir: string;
  message: unknown;
  timeoutMs: number;
}

/** How it went: the answer, or why there is none. `output` is what the process printed to stderr. */
export type Outcome<Answer> =
  | { answer: Answer }
  | { ended: "timeout" | "memory" | "exit"; exitCode: number | null; output: string };

const HEAP_MB = 512;
const OUTPUT_LIMIT = 16_384;

/**
 * Ask a process of its own. It has an empty environment, so no key reaches it, and it never outlives the question: it is
 * killed once it has answered or its time is up. What it prints is not ours to show and never reaches stdout.
 */
export function askChild<Answer>({
  entry,
  nodeOptions = [],
  dir,
  message,
  timeoutMs,
}: Question): Promise<Outcome<Answer>> {
  const args = [`--max-old-space-size=${HEAP_MB}`, ...nodeOptions, fileURLToPath(entry)];
  const child = spawn(process.execPath, args, { cwd: dir, env: {}, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  return new Promise((resolve, reject) => {
    let output = "";
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.stderr!.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-OUTPUT_LIMIT);
    });
    child.once("message", (answer: Answer) => {
      resolve({ answer });
      child.kill("SIGKILL");
    });
    child.once("error", reject);
    child.once("close", (exitCode) => {
      clearTimeout(timer);
      const outOfMemory = output.includes("heap out of memory");
      resolve({ ended: timedOut ? "timeout" : outOfMemory ? "memory" : "exit", exitCode, output });
    });
    // A process that is gone before it reads is reported by `close`.
    child.send(message as object, () => {});
  });
}
