import { FlywheelError } from "@flywheel/protocol";
import type { Config } from "@flywheel/protocol";
import { LOCAL_PROVIDER } from "@flywheel/providers";
import type { Provider, ProviderSet } from "@flywheel/providers";
import { listModels } from "./models.ts";

export interface ResolvedTarget {
  provider: Provider;
  /** The provider's name of the model. */
  model: string;
}

export interface Route {
  /** The route's name, or "" where the client named a model directly. */
  name: string;
  /** At least one; tried in order. */
  targets: readonly ResolvedTarget[];
}

/**
 * Who may answer for a requested model name: a route of the project, `provider/model`, or a bare name that a provider claims.
 * @throws FlywheelError `model_not_found` with the nearest name, or `provider_unavailable` with what to set
 */
export function route(requested: string, config: Config, providers: ProviderSet): Route {
  if (Object.hasOwn(config.routes, requested)) return namedRoute(requested, config, providers);
  const target = directTarget(requested, providers);
  if (!target) throw notFound(requested, config, providers);
  checkAvailable(target);
  return { name: "", targets: [target] };
}

/**
 * Who may answer a request that brings a provider's own key: that provider alone, named by the model. Never a route,
 * whose targets would be handed a key that is not theirs.
 * @throws FlywheelError `foreign_key`, `provider_unavailable`
 */
export function foreignRoute(requested: string, providers: ProviderSet): Route {
  const target = directTarget(requested, providers);
  if (!target?.provider.headersWith) throw new FlywheelError("foreign_key");
  if (target.provider.origin === "") checkAvailable(target);
  return { name: "", targets: [target] };
}

function namedRoute(name: string, config: Config, providers: ProviderSet): Route {
  const targets: ResolvedTarget[] = [];
  for (const { provider: id, model } of config.routes[name]!) {
    const provider = providers.get(id);
    if (provider) targets.push({ provider, model });
  }
  const callable = targets.filter(({ provider }) => provider.unavailable === undefined);
  if (callable.length > 0) return { name, targets: callable };
  if (targets.length === 0)
    throw new FlywheelError(
      "model_not_found",
      { model: name, hint: " Its route names no provider that exists." },
      { param: "model" },
    );
  checkAvailable(targets[0]!);
  return { name, targets };
}

function directTarget(requested: string, providers: ProviderSet): ResolvedTarget | undefined {
  const slash = requested.indexOf("/");
  if (slash < 0) {
    const provider = providers.claimant(requested);
    return provider && { provider, model: requested };
  }
  const provider = providers.get(requested.slice(0, slash));
  const model = requested.slice(slash + 1);
  if (!provider || model === "") return undefined;
  // Only this installation's own models are all known; a provider's list is never complete.
  if (provider.id === LOCAL_PROVIDER && !provider.models.includes(model)) return undefined;
  return { provider, model };
}

function checkAvailable({ provider }: ResolvedTarget): void {
  if (provider.unavailable !== undefined)
    throw new FlywheelError("provider_unavailable", { provider: provider.id, reason: provider.unavailable });
}

function notFound(requested: string, config: Config, providers: ProviderSet): FlywheelError {
  const known = listModels(config, providers).map((model) => model.id);
  const best = nearest(requested, known);
  const hint = best === undefined ? " `GET /v1/models` lists what does." : ` Did you mean \`${best}\`?`;
  return new FlywheelError("model_not_found", { model: requested.slice(0, 100), hint }, { param: "model" });
}

/** The name that takes the fewest edits; a name that ends in what was asked (`spark` for `local/spark`) is nearest of all. */
export function nearest(asked: string, names: readonly string[]): string | undefined {
  const word = asked.slice(0, 100).toLowerCase();
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const distance = name.toLowerCase().endsWith(`/${word}`) ? 0 : editDistance(word, name.toLowerCase());
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
