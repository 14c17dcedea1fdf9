import { isDeepStrictEqual } from "node:util";
import { promotionLine } from "@flywheel/deploy/commands";
import {
  createModelApi,
  type Decision,
  decide,
  inParallel,
  type ModelApi,
  ModelFailure,
  type PairedScore,
} from "@flywheel/evals";
import { type CommandOptions, type Dataset, type DatasetRow, type Example, FlywheelError, type Promotion } from "@flywheel/protocol"; // prettier-ignore
import { allRows } from "@flywheel/tuning/commands";
import type { Message } from "./answer.ts";
import type { AppCommand } from "./app-command.ts";
import { createProgress } from "./progress.ts";
import { publicApi } from "./public-api.ts";

const AT_ONCE = 4;
const GATE_NOT_MET = 4;

/** `flywheel promote`: a model is put in front of a route if it answers held-out examples better than who is there now. */
export const promoteCommand: AppCommand = {
  usage: "promote <model>",
  summary: "put a model in front of a route, if it is shown to be better",
  options: [
    { flags: "--route <route>", description: "in front of which", default: "default" },
    { flags: "--dataset <name>", description: "whose held-out examples decide" },
    { flags: "--force", description: "promote without asking anything" },
  ],
  examples: ["flywheel promote local/spark-triage --route fast --dataset triage", "flywheel promote openai/gpt-4o-mini --route default --force"], // prettier-ignore
  async run(context, [model], options) {
    const { out, note, json, place, signal } = context;
    const route = String(options["route"]);
    const api = await context.api();
    const evidence = options["force"] === true ? null : await compared();
    if (evidence && !evidence.decision.promoted) {
      out(json ? JSON.stringify({ promoted: false, ...evidence }) : saidOf(evidence.decision));
      return GATE_NOT_MET;
    }
    const promotion = await api.post<Promotion>("/api/promotions", { route, model, evidence });
    if (json) out(JSON.stringify({ promoted: true, ...evidence, promotion }));
    else [...(evidence ? [saidOf(evidence.decision)] : []), promotionLine(promotion)].forEach(out);
    if (!json) note(`One command takes it back: flywheel rollback ${route}`);
    return 0;

    async function compared(): Promise<{ dataset: string; decision: Decision }> {
      const dataset = await api.get<Dataset>(`/api/datasets/${encodeURIComponent(datasetNamed(options))}`);
      const rows = (await allRows(api, dataset.id, "holdout")).filter(isExample);
      if (rows.length === 0)
        throw new FlywheelError("dataset_empty", {
          reason: `${dataset.name} holds no examples in its split \`holdout\`.`,
        });
      const scores = await scored(createModelApi(await publicApi(place), signal), [route, model!], rows, signal);
      return { dataset: `${dataset.name}@${dataset.version}`, decision: decide(scores) };
    }
  },
};

function datasetNamed(options: CommandOptions): string {
  if (typeof options["dataset"] === "string") return options["dataset"];
  throw new FlywheelError("invalid_request", { reason: "--dataset says whose held-out examples decide; --force asks nothing." }); // prettier-ignore
}

const isExample = (row: DatasetRow): row is DatasetRow & Example & { kind: "example" } => row.kind === "example";

/** Both models' answers to every example: 1 where it is the one wished for. An answer that failed for good is 0. */
async function scored(
  api: ModelApi,
  [baseline, candidate]: readonly [string, string],
  rows: readonly Example[],
  signal: AbortSignal,
): Promise<PairedScore[]> {
  const bar = createProgress();
  const scores: PairedScore[] = [];
  const work = async (row: Example) => {
    const [before, after] = [await score(api, baseline, row), await score(api, candidate, row)];
    scores.push({ id: row.id, user: row.lineage.user_id, baseline: before, candidate: after });
    bar.at(scores.length / rows.length, `${scores.length} of ${rows.length} examples`);
  };
  await inParallel(rows, AT_ONCE, signal, work).finally(() => bar.end());
  return scores;
}

async function score(api: ModelApi, model: string, row: Example): Promise<number> {
  try {
    const { text } = await api.chat(model, row.messages as Message[], { temperature: 0, schema: row.response_schema });
    return isSame(text, row.completion) ? 1 : 0;
  } catch (error) {
    if (error instanceof ModelFailure) return 0;
    throw error;
  }
}

/** Of JSON the value counts, of other text every character but the space around it. */
function isSame(answer: string, wished: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(answer), JSON.parse(wished));
  } catch {
    return answer.trim() === wished.trim();
  }
}

function saidOf({ promoted, reason, baseline, candidate, difference, examples }: Decision): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const points = `${(difference.low * 100).toFixed(1)} to ${(difference.high * 100).toFixed(1)} points`;
  return `${promoted ? "better" : "not promoted"}: ${percent(baseline)} → ${percent(candidate)} of ${examples} held-out examples (difference ${points}). ${reason}`; // prettier-ignore
}
