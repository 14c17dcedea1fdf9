import type { TrainingProgress, TrainingReport } from "@flywheel/protocol";
import type { TrainingTask } from "@flywheel/tuning/training";
import type { Environment } from "./environment.ts";
import { trainerHere } from "./trainer-here.ts";

type Data = TrainingTask["data"];
type Rest = Omit<TrainingTask, "data" | "onProgress" | "signal">;

/** What a training process is told: first its data, piece by piece, then the rest of the task, then perhaps to stop. */
export type ToTraining =
  | { split: "train" | "validation"; rows: Data["train"] }
  | (Rest & { method: Data["method"]; python: string | undefined })
  | "stop";

/** What it tells. */
export type FromTraining =
  | { type: "progress"; progress: TrainingProgress }
  | { type: "done"; report: TrainingReport }
  | { type: "failed"; message: string; code: string | undefined };

/** One training run, in a process of its own: it takes whole cores, and memory that is to be given back. */
const interrupt = new AbortController();
const data = { train: [] as unknown[], validation: [] as unknown[] };
const tell = (message: FromTraining) => void (process.connected && process.send!(message, () => {}));
process.on("SIGINT", () => {}); // Ctrl-C reaches the whole process group; the server says when to stop.
process.on("SIGTERM", () => {});
process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToTraining) => {
  if (message === "stop") return interrupt.abort();
  if ("rows" in message) {
    for (const row of message.rows) data[message.split].push(row);
    return;
  }
  const onProgress = (progress: TrainingProgress) => tell({ type: "progress", progress });
  const { python, method, ...task } = message;
  trainerHere(python, process.env as Environment)
    .train({ ...task, data: { ...data, method } as Data, onProgress, signal: interrupt.signal })
    .then(
      (report) => tell({ type: "done", report }),
      ({ message, code }: NodeJS.ErrnoException) => tell({ type: "failed", message, code }),
    );
});
