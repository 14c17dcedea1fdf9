import { type ChildProcess, fork } from "node:child_process";
import { setImmediate as breathe } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { TrainingReport } from "@flywheel/protocol";
import type { Trainer, TrainingTask } from "@flywheel/tuning/training";
import { type Environment, withoutSecrets } from "./environment.ts";
import { trainerHere } from "./trainer-here.ts";
import type { FromTraining, ToTraining } from "./training-process.ts";

const ENTRY = fileURLToPath(new URL("./training-process.ts", import.meta.url));
/** A run saves what it has before it stops. */
const STOP_MS = 5000;

/** {@link trainerHere} in a process of its own, so that neither its work nor its death is felt by anyone else. */
export function forkedTrainer(env: Environment, python?: string): Trainer {
  return { ...trainerHere(python, env), train: (task) => trainApart(task, env, python) };
}

function trainApart(task: TrainingTask, env: Environment, python: string | undefined): Promise<TrainingReport> {
  const { onProgress, signal } = task;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<TrainingReport>();
  const child = fork(ENTRY, [], { env: withoutSecrets(env), stdio: ["ignore", 2, 2, "ipc"], execArgv: ["--disable-warning=ExperimentalWarning"] }); // prettier-ignore
  let killing: NodeJS.Timeout | undefined;
  const stop = () => {
    tell(child, "stop");
    killing = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  };
  signal.addEventListener("abort", stop, { once: true });
  child.on("error", reject);
  child.on("exit", (code, killedBy) => reject(new Error(`the training process ended (${killedBy ?? `exit code ${code}`}); is there enough memory?`))); // prettier-ignore
  child.on("message", (message: FromTraining) => {
    if (message.type === "done") resolve(message.report);
    else if (message.type === "failed") reject(Object.assign(new Error(message.message), { code: message.code }));
    else progress(message);
  });
  void sendTask(child, task, python);

  function progress({ progress: step }: Extract<FromTraining, { type: "progress" }>): void {
    try {
      onProgress(step);
    } catch (error) {
      reject(error);
      stop();
    }
  }

  return promise.finally(() => {
    signal.removeEventListener("abort", stop);
    clearTimeout(killing);
    child.kill("SIGKILL");
  });
}

const tell = (child: ChildProcess, message: ToTraining) => void child.send(message, () => {});
/** Rows in one message: each is made a text at once, and others wait for this process, too. */
const PIECE = 2000;

async function sendTask(
  child: ChildProcess,
  { onProgress: _, signal: __, data, ...rest }: TrainingTask,
  python: string | undefined,
): Promise<void> {
  for (const split of ["train", "validation"] as const)
    for (let at = 0; at < data[split].length && child.connected; at += PIECE) {
      tell(child, { split, rows: data[split].slice(at, at + PIECE) });
      await breathe();
    }
  tell(child, { ...rest, method: data.method, python });
}
