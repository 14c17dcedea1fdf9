import { FlywheelError } from "@flywheel/protocol";
import type { Config, PassedOver, RouteTimeouts, Target, TrialPart } from "@flywheel/protocol";
import { LOCAL_PROVIDER } from "@flywheel/providers";
import type { Provider, ProviderSet } from "@flywheel/providers";
import { listModels } from "./models.ts";
import { partOf } from "./trial.ts";

export interface ResolvedTarget {
  provider: Provider;
  /** The provider's name of the model. */
  model: string;
  weight?: number;
  /** Targets in front of it that cannot be asked at all. */
  passedOver: readonly PassedOver[];
}

export interface Route {
  /** The route's name, or "" where the client named a model directly. */
  name: string;
  /** At least one; asked in order. */
  targets: readonly ResolvedTarget[];
  /** Chance decided which of them is first. */
  weighted: boolean;
  /** Where they differ from the gateway's own. */
  timeouts: RouteTimeouts;
  /** The same. */
  retries?: number;
  /** What this request is in the trial that runs on the route. */
  trial?: TrialPart;
  /** Who is asked the same afterwards, unseen. */
  shadow?: ResolvedTarget | undefined;
}

const PLAIN = { weighted: false, timeouts: {} } as const;
const NOBODY: readonly never[] = [];

/**
 * Who may answer for a requested model name: a route of the project, `provider/model`, or a bare name that a provider claims.
 * @param random 0 to 1, as `Math.random`: decides between targets with weights
 * @param user whom the answer is for, by a name that stays the same: decides who gets a candidate
 * @throws FlywheelError `model_not_found` with the nearest name, or `provider_unavailable` with what to set
 */
export function route(
  requested: string,
  config: Config,
  providers: ProviderSet,
  random: () => number,
  user: string,
): Route {
  if (Object.hasOwn(config.routes, requested)) return namedRoute(requested, config, providers, random, user);
  const target = directTarget(requested, providers);
  if (!target) throw notFound(requested, config, providers);
  checkAvailable(target);
  return { ...PLAIN, name: "", targets: [target] };
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
  return { ...PLAIN, name: "", targets: [target] };
}

function namedRoute(name: string, config: Config, providers: ProviderSet, random: () => number, user: string): Route {
  const { targets, timeouts = {}, retries, trial } = config.routes[name]!;
  const part = trial && partOf(trial, user, random);
  const isCandidate = part?.arm === "candidate";
  const { resolved, last } = resolve(name, isCandidate ? inFront(trial!.candidate, targets) : targets, providers);
  const weighted = resolved.some(({ weight = 0 }) => weight > 0);
  return {
    name,
    targets: weighted ? drawFirst(resolved, last, random) : resolved,
    weighted,
    timeouts,
    ...(retries !== undefined && { retries }),
    ...(part && { trial: part }),
    ...(part && trial?.kind === "shadow" && { shadow: unseen(trial.candidate, providers) }),
  };
}

function unseen({ provider: id, model }: Target, providers: ProviderSet): ResolvedTarget | undefined {
  const provider = providers.get(id);
  return provider && provider.unavailable === undefined ? { provider, model, passedOver: NOBODY } : undefined;
}

const inFront = (first: Target, targets: readonly Target[]): Target[] => [
  first,
  ...targets.filter(({ provider, model }) => provider !== first.provider || model !== first.model),
];

/** Those that can be asked, each with who is passed over for it; and who is passed over for nobody. */
function resolve(
  name: string,
  configured: readonly Target[],
  providers: ProviderSet,
): { resolved: ResolvedTarget[]; last: readonly PassedOver[] } {
  const targets: ResolvedTarget[] = [];
  let passedOver: readonly PassedOver[] = NOBODY;
  for (const { provider: id, ...target } of configured) {
    const provider = providers.get(id);
    const message = provider ? provider.unavailable : `there is no provider ${id}`;
    if (provider && message === undefined) {
      targets.push({ provider, ...target, passedOver });
      passedOver = NOBODY;
    } else passedOver = [...passedOver, { provider: id, model: target.model, why: "unavailable", message: message! }];
  }
  if (targets.length === 0) throw nobody(name, configured, providers);
  return { resolved: targets, last: passedOver };
}

/**
 * The one that chance picks comes first; the others keep their order. Chance could have picked any of those that cannot be
 * asked, so it is this one that they are passed over for.
 */
function drawFirst(
  targets: readonly ResolvedTarget[],
  last: readonly PassedOver[],
  random: () => number,
): ResolvedTarget[] {
  let point = random() * targets.reduce((sum, { weight = 0 }) => sum + weight, 0);
  const drawn = Math.max(
    0,
    targets.findIndex(({ weight = 0 }) => (point -= weight) < 0),
  );
  const passedOver = [...targets.flatMap((target) => target.passedOver), ...last];
  const others = targets.toSpliced(drawn, 1).map((target) => ({ ...target, passedOver: NOBODY }));
  return [{ ...targets[drawn]!, passedOver }, ...others];
}

function nobody(name: string, configured: readonly Target[], providers: ProviderSet): FlywheelError {
  const known = configured.map((target) => providers.get(target.provider)).find((provider) => provider !== undefined);
  if (known) return unavailable(known);
  const hint = " Its route names no provider that exists.";
  return new FlywheelError("model_not_found", { model: name, hint }, { param: "model" });
}

function directTarget(requested: string, providers: ProviderSet): ResolvedTarget | undefined {
  const slash = requested.indexOf("/");
  if (slash < 0) {
    const provider = providers.claimant(requested);
    return provider && { provider, model: requested, passedOver: NOBODY };
  }
  const provider = providers.get(requested.slice(0, slash));
  const model = requested.slice(slash + 1);
  if (!provider || model === "") return undefined;
  // Only this installation's own models are all known; a provider's list is never complete.
  if (provider.id === LOCAL_PROVIDER && !provider.models.includes(model)) return undefined;
  return { provider, model, passedOver: NOBODY };
}

function checkAvailable({ provider }: ResolvedTarget): void {
  if (provider.unavailable !== undefined) throw unavailable(provider);
}

function unavailable({ id, unavailable: reason = "" }: Provider): FlywheelError {
  return new FlywheelError("provider_unavailable", { provider: id, reason });
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
