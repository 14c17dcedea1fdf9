import { LOCAL_PROVIDER } from "@flywheel/providers";
import { newId } from "@flywheel/protocol";
import { attempt } from "./attempt.ts";
import type { Call } from "./call.ts";
import { cancel } from "./cancel.ts";
import type { ShadowLimits } from "./limits.ts";
import { Nobody } from "./recipient.ts";
import { recordBegin } from "./record.ts";

/** Asks candidates, unseen, what clients were answered by others. */
export interface Shadows {
  /** A client's call is over: its request may be asked again, or another that waits. */
  onOver(call: Call): void;
  close(): void;
}

/**
 * Whatever a shadow does, clients notice nothing: it begins when its client has the whole answer; only a few run at once
 * and few wait, the others are left out; a model on this machine is asked while no client is being answered.
 * @param isIdle whether no client is
 */
export function createShadows(limits: ShadowLimits, isIdle: () => boolean): Shadows {
  const running = new Set<Call>();
  let waiting: Call[] = [];
  let closed = false;

  function next(): void {
    while (waiting.length > 0 && running.size < limits.at_once) {
      if (isLocal(waiting[0]!) && (running.size > 0 || !isIdle())) return;
      start(waiting.shift()!);
    }
  }

  function start(shadow: Call): void {
    running.add(shadow);
    shadow.time = Date.now();
    shadow.started = performance.now();
    recordBegin(shadow, (error) => {
      if (!error && shadow.phase === "open")
        return attempt(shadow, { target: shadow.target, reason: "shadow", retry: 0, passedOver: [] });
      shadow.phase = "over";
      shadow.client.end();
    });
  }

  function add(shown: Call): void {
    const shadow = shadowOf(shown, limits, () => {
      running.delete(shadow);
      next();
    });
    waiting.push(shadow);
  }

  return {
    onOver(call) {
      if (!closed && mayFollow(call, limits) && waiting.length < limits.waiting) add(call);
      next();
    },
    close() {
      closed = true;
      waiting = [];
      for (const shadow of running) cancel(shadow);
    },
  };
}

const isLocal = ({ target }: Call): boolean => target.provider.id === LOCAL_PROVIDER;

/** What is compared is a whole answer by the model that is in front. */
function mayFollow({ route, ended, target, fault, request }: Call, { bytes }: ShadowLimits): boolean {
  return (
    route.shadow !== undefined &&
    ended === "ok" &&
    fault === undefined &&
    target === route.targets[0] &&
    request.raw.length <= bytes
  );
}

/** The same request as a generation of its own, of the candidate alone, with nobody to answer; it keeps nothing of the first. */
function shadowOf(shown: Call, { total_ms }: ShadowLimits, onEnd: () => void): Call {
  const { route } = shown;
  const target = route.shadow!;
  const total = Math.min(total_ms, route.timeouts.total ?? total_ms);
  return {
    ...shown,
    slot: -1,
    id: newId("gen"),
    shadowOf: shown.id,
    request: shown.request.again?.() ?? shown.request,
    route: {
      ...route,
      targets: [target],
      shadow: undefined,
      timeouts: { ...route.timeouts, total },
      trial: { ...route.trial!, arm: "candidate" },
    },
    left: [],
    target,
    client: new Nobody(onEnd),
    cacheUse: "off",
    cached: "off",
    attempts: [],
    answering: shown.request.dialect,
    ignored: [],
    exhausted: false,
    upstream: undefined,
    relay: undefined,
    firstChunkMs: undefined,
    phase: "open",
    ended: undefined,
    lastOnConnection: false,
  };
}
