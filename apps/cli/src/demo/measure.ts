import { clusteredShare, createModelApi, inParallel } from "@flywheel/evals";
import type { MeanInterval } from "@flywheel/protocol";
import type { AppContext } from "../app-command.ts";
import { createProgress } from "../progress.ts";
import type { PublicApi } from "../public-api.ts";
import { type CompanyMessage, QUEUES } from "./company.ts";

export interface Measured {
  /** Share of right answers by the company's rules. Messages made of one sentence are alike, and the interval knows. */
  accuracy: MeanInterval;
  /** To each message. */
  answers: string[];
}

const SCHEMA = { type: "object", properties: { queue: { enum: QUEUES } }, required: ["queue"], additionalProperties: false }; // prettier-ignore
const AT_ONCE = 4;

/** Asks a model about messages whose right team is known. */
export async function measure(
  { signal }: AppContext,
  api: PublicApi,
  model: string,
  messages: readonly CompanyMessage[],
): Promise<Measured> {
  // prettier-ignore
  const models = createModelApi(api, signal);
  const answers: string[] = [];
  const bar = createProgress();
  let done = 0;
  const work = async ({ text }: CompanyMessage, i: number) => {
    const said = await models.chat(model, [{ role: "user", content: text }], { temperature: 0, schema: SCHEMA });
    answers[i] = (JSON.parse(said.text) as { queue: string }).queue;
    bar.at(++done / messages.length, `${model}: ${done} of ${messages.length} messages in new words`);
  };
  await inParallel(messages, AT_ONCE, signal, work).finally(() => bar.end());
  const scores = messages.map(({ queue }, i) => Number(answers[i] === queue));
  const { estimate, low, high } = clusteredShare(scores, messages.map(({ wording }) => wording)); // prettier-ignore
  return { accuracy: { estimate, low, high }, answers };
}
