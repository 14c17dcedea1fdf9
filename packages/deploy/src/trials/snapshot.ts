import type { Config, RouteConfig, RouteTrial } from "@flywheel/protocol";
import type { SaltedTrial } from "@flywheel/store/trials";
import { nameOf, targetOf } from "../pointer.ts";

/** The configuration with the trials that run. One whose route is not what it was when the trial began is left alone. */
export function withTrials(config: Config, trials: readonly SaltedTrial[]): Config {
  const routes = { ...config.routes };
  for (const trial of trials) {
    const { id, kind, share, salt, route } = trial;
    const candidate = targetOf(trial.candidate);
    if (!candidate || whyNot(config, trial) !== undefined) continue;
    routes[route] = { ...routes[route]!, trial: { id, kind, share, salt, candidate } satisfies RouteTrial };
  }
  return { ...config, routes };
}

/**
 * Why a trial of a route means nothing: its baseline is not in front of it. `undefined` where it is.
 * @param config with its promotions
 */
export function whyNot(
  config: Config,
  { route, baseline }: Pick<SaltedTrial, "route" | "baseline">,
): string | undefined {
  const known = Object.hasOwn(config.routes, route) ? config.routes[route] : undefined;
  if (!known) return `there is no route ${route} any more`;
  if (known.targets.some(({ weight }) => weight !== undefined)) return `${route} deals its requests out by weights`;
  const front = frontOf(known);
  return front === baseline ? undefined : `${front} is in front of ${route} now, not ${baseline}`;
}

export const frontOf = ({ targets }: RouteConfig): string => nameOf(targets[0]!);
