import type { RouteConfig, RouteTimeouts, Target } from "@flywheel/protocol";
import type { RouteInput, TargetInput, TimeoutsInput } from "flywheel";
import { at, expected, isObjectOf, itemsOf, keysOf, numberAt, type Place, report } from "./expect.ts";
import { isPlainObject } from "./plain-data.ts";

const ROUTE_KEYS = keysOf<RouteInput>({ targets: true, timeouts: true, retries: true });
const TARGET_KEYS = keysOf<TargetInput>({ model: true, weight: true });
const TIMEOUTS_KEYS = keysOf<TimeoutsInput>({ connectMs: true, firstByteMs: true, idleMs: true, totalMs: true });

const TIMEOUTS = [
  ["connectMs", "connect"],
  ["firstByteMs", "first_byte"],
  ["idleMs", "idle"],
  ["totalMs", "total"],
] as const;

export const MODEL_NAME = { test: /^[^\s/]+\/\S+$/, what: '"provider/model"' };

/** A route in any of its three forms: a model's name, a list of targets, or an object. */
export function routeOf(place: Place): RouteConfig | undefined {
  const { value } = place;
  if (typeof value === "string") {
    const target = targetOf(place);
    return target && { targets: [target] };
  }
  if (Array.isArray(value)) return { targets: targetsOf(place) };
  if (!isPlainObject(value)) return expected(place, `${MODEL_NAME.what}, a list of targets or { targets: […] }`);
  isObjectOf(place, ROUTE_KEYS);
  const targets = targetsOf(at(place, "targets"));
  const timeouts = timeoutsOf(at(place, "timeouts"));
  const retries = retriesOf(at(place, "retries"));
  return { targets, ...(timeouts && { timeouts }), ...(retries !== undefined && { retries }) };
}

function retriesOf(place: Place): number | undefined {
  if (place.value === undefined) return undefined;
  return numberAt(place, { min: 0, max: 10, integer: true }, "a whole number from 0 to 10");
}

function targetsOf(place: Place): Target[] {
  if (place.value === undefined) return expected(place, "a list of targets") ?? [];
  if (Array.isArray(place.value) && place.value.length === 0) return expected(place, "at least one target") ?? [];
  const targets = itemsOf(place, "a list of targets", targetOf);
  if (targets.every(({ weight }) => weight === undefined)) return targets;
  const weighted = targets.map((target) => ({ ...target, weight: target.weight ?? 1 }));
  const all = weighted.length === (place.value as unknown[]).length;
  if (all && weighted.every(({ weight }) => weight === 0))
    report(place, "all weights are 0, so none could be asked first");
  return weighted;
}

function targetOf(place: Place): Target | undefined {
  if (!isPlainObject(place.value)) return modelOf(place);
  isObjectOf(place, TARGET_KEYS);
  const model = modelOf(at(place, "model"));
  const weight = weightOf(at(place, "weight"));
  return model && { ...model, ...(weight !== undefined && { weight }) };
}

function modelOf(place: Place): Target | undefined {
  const { value } = place;
  if (typeof value !== "string" || !MODEL_NAME.test.test(value)) return expected(place, MODEL_NAME.what);
  const slash = value.indexOf("/");
  return { provider: value.slice(0, slash), model: value.slice(slash + 1) };
}

function weightOf(place: Place): number | undefined {
  if (place.value === undefined) return undefined;
  return numberAt(place, { min: 0, max: 1e6 }, "a number from 0 to 1000000");
}

function timeoutsOf(place: Place): RouteTimeouts | undefined {
  if (place.value === undefined || !isObjectOf(place, TIMEOUTS_KEYS)) return undefined;
  const timeouts: RouteTimeouts = {};
  for (const [written, name] of TIMEOUTS) {
    const time = at(place, written);
    if (time.value === undefined) continue;
    const ms = numberAt(time, { min: 1, max: 86_400_000 }, "milliseconds, at least 1");
    if (ms !== undefined) timeouts[name] = ms;
  }
  return timeouts;
}
