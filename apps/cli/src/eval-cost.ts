import type { Definition, RunPlan } from "@flywheel/evals";
import type { ControlClient, PriceOverride, ProviderList } from "@flywheel/protocol";

/** What the answers of a plan will cost, as far as prices are known: the judges' calls depend on what is answered. */
export async function costLine(
  api: ControlClient,
  { calls }: RunPlan,
  { maxOutputTokens }: Definition,
): Promise<string> {
  const { data, routes } = await api.get<ProviderList>("/api/providers");
  const priceOf = (model: string): PriceOverride | null => {
    const first = routes.find(({ name }) => name === model)?.targets[0];
    const id = first ? `${first.provider}/${first.model}` : model;
    const provider = data.find((one) => id.startsWith(`${one.id}/`));
    if (provider?.hosting === "machine") return { input: 0, output: 0 };
    return provider?.models.find((one) => one.id === id)?.price ?? null;
  };
  const answers = calls.filter(({ purpose }) => purpose === "answers");
  const unknown = answers.filter(({ model }) => priceOf(model) === null).map(({ model }) => model);
  const dollars = answers.reduce((sum, { model, calls: count, inputTokens }) => {
    const { input, output } = priceOf(model) ?? { input: 0, output: 0 };
    return sum + ((inputTokens ?? 0) * input + count * (maxOutputTokens ?? 0) * output) / 1e6;
  }, 0);
  const isFree = answers.every(({ model }) => isNothing(priceOf(model)));
  const said = isFree ? "nothing" : maxOutputTokens === undefined ? `$${dollars.toFixed(4)}, and what the answers' own tokens cost` : `at most $${dollars.toFixed(4)}`; // prettier-ignore
  const judges = calls.length > answers.length ? "; evaluators' calls come on top" : "";
  return `  cost of the answers: ${unknown.length > 0 ? `not known, ${unknown.join(", ")} has no price` : said}${judges}`;
}

const isNothing = (price: PriceOverride | null) => price !== null && price.input === 0 && price.output === 0;
