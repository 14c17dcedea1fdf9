import { type Config, FlywheelError } from "@flywheel/protocol";
import { createProviderSet, createUpstream, fineTuning } from "@flywheel/providers";
import type { Tunable } from "@flywheel/tuning/jobs";
import { hostedTrainer } from "@flywheel/tuning/training";
import type { Environment } from "./environment.ts";

/** Providers' models, tuned where they are; `undefined` for a model of nobody. */
export function hostedModels(config: () => Config, env: Environment): (model: string) => Tunable | undefined {
  const upstream = createUpstream();
  return (model) => {
    const providers = createProviderSet(config(), env);
    const [id, base] = model.includes("/") ? split(model) : [undefined, model];
    const provider = id === undefined ? providers.claimant(model) : providers.get(id);
    if (!provider || provider.id === "local") return undefined;
    if (provider.unavailable !== undefined) throw cannot(model, provider.unavailable);
    if (provider.dialect !== "openai-chat") throw cannot(model, `${provider.id} has no fine-tuning jobs of OpenAI's kind`); // prettier-ignore
    const trainer = hostedTrainer({ provider: provider.id, api: fineTuning(upstream, provider) });
    return { base, shortName: base.replace(/[^\w.-]/g, "-"), home: provider.id, trainer };
  };
}

/** At the first slash: `openai/ft:gpt-4o:org::id`. */
function split(model: string): [provider: string, model: string] {
  const at = model.indexOf("/");
  return [model.slice(0, at), model.slice(at + 1)];
}

const cannot = (model: string, reason: string) =>
  new FlywheelError("invalid_request", { reason: `${model} cannot be tuned: ${reason}.` });
