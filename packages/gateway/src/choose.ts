import type { AttemptReason, PassedOver } from "@flywheel/protocol";
import type { Call } from "./call.ts";
import type { ResolvedTarget } from "./route.ts";

/** Whom to ask now, and why. */
export interface Choice {
  target: ResolvedTarget;
  reason: AttemptReason;
  /** Which retry this is; 0 = none. */
  retry: number;
  waited_ms?: number;
  passedOver: readonly PassedOver[];
}

const NOBODY: readonly never[] = [];

/**
 * Take the next target of a call's route: the first whose circuit is not open. Where all that are left are open, the one
 * that is to be tried soonest is asked all the same, since an answer is better than none; the others then are not.
 * `undefined` = none is left.
 */
export function choose(call: Call): Choice | undefined {
  const { left, ports } = call;
  if (left.length === 0) return undefined;
  return ports.health.calm ? take(call, 0, NOBODY) : chooseAmongTroubled(call);
}

function chooseAmongTroubled(call: Call): Choice {
  const { left, ports } = call;
  const now = performance.now();
  const open: PassedOver[] = [];
  let soonest = 0;
  let soonestAt = Number.POSITIVE_INFINITY;
  for (const [index, target] of left.entries()) {
    const circuit = ports.health.circuitOf(call, target);
    const admission = circuit?.admit(now) ?? "closed";
    if (admission === "closed") return take(call, index, open);
    if (admission === "probe") return { ...take(call, index, open), reason: "probe" };
    const at = circuit!.nextProbe;
    if (at < soonestAt) [soonest, soonestAt] = [index, at];
    const { provider, model } = target;
    open.push({ provider: provider.id, model, why: "circuit", message: circuit!.describe(now) });
  }
  const choice = take(call, soonest, open.toSpliced(soonest, 1));
  call.left = NOBODY;
  return { ...choice, reason: "last_resort" };
}

function take(call: Call, index: number, open: readonly PassedOver[]): Choice {
  const { left, route } = call;
  const target = left[index]!;
  const passedOver = target.passedOver.length > 0 ? [...open, ...target.passedOver] : open;
  const front = route.trial?.arm === "candidate" ? "canary" : "first";
  const usual = route.weighted ? "weight" : passedOver.length > 0 ? "fallback" : front;
  const reason = left === route.targets && index === 0 ? usual : "fallback";
  call.left = left.length === 1 ? NOBODY : left.toSpliced(index, 1);
  return { target, reason, retry: 0, passedOver };
}
