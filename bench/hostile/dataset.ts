import { type DatasetQuery, DEFAULT_DATASET_QUERY, type EventRow, type Example, newId } from "@flywheel/protocol";
import { buildDataset, type BuiltDataset } from "../../packages/tuning/src/dataset/build.ts";
import type { Told } from "../../packages/tuning/src/dataset/candidates.ts";
import { trainingDataOf } from "../../packages/tuning/src/training-data.ts";
import type { TrainingData } from "../../packages/tuning/src/trainer.ts";
import type { Edit } from "./task.ts";

export interface Taught {
  data: Extract<TrainingData, { method: "sft" }>;
  counts: BuiltDataset["counts"];
}

/** The dataset that the product makes of these edits, the last one newest. @param limits of what one user can do */
export async function datasetOf(
  edits: readonly Edit[],
  limits: Pick<DatasetQuery, "user_share" | "outliers">,
): Promise<Taught> {
  const generations = new Map<string, Told>();
  const events: EventRow[] = edits.map(({ user, text, label }, i) => {
    const id = newId("gen");
    generations.set(id, { id, project: "default", operation_name: "chat", status: "ok", request_model: "local/spark", provider_model: "spark", response_model: "spark", request_dialect: "openai-chat", request_body: "{}", user_id: user, conversation_id: "", messages: [{ role: "user", text }], output: { role: "assistant", text: "unsorted" } } as Told); // prettier-ignore
    const time = 1_000_000 + i;
    return { id: newId("evt"), received: time, time, project: "default", environment: "", key_id: "", name: "edited", generation_id: id, user_id: "", consent: "granted", origin: "", payload: "{}", signals: [{ type: "demonstration", text: label }] }; // prettier-ignore
  });
  const source = {
    async *events() {
      yield events;
    },
    generations: async (ids: readonly string[]) => ids.flatMap((id) => generations.get(id) ?? []),
    rowsOf: async () => [],
  };
  const { rows, counts } = await buildDataset(source, {
    ...DEFAULT_DATASET_QUERY,
    ...limits,
    eval_share: 0,
    holdout_share: 0,
  });
  // Ids differ from run to run; the order that training begins with must not.
  const order = ({ messages }: Example) => JSON.stringify(messages);
  const data = trainingDataOf(rows, "sft");
  if (data.method !== "sft") throw new Error("edits give examples");
  const sorted = (list: readonly Example[]) => list.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
  return { data: { ...data, train: sorted(data.train) }, counts };
}
