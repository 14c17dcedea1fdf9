import { setTimeout as sleep } from "node:timers/promises";
import { type Provider, servedModels, type Upstream } from "@flywheel/providers";

/** A remote list is asked for this often at most, and waited for this long. */
const FRESH_MS = 10 * 60_000;
const WAIT_MS = 1000;

/**
 * Which models a provider says it serves. Servers on this machine are asked each time; a remote one rarely, and whoever
 * comes before it has answered is told what it said last, at first nothing.
 */
export function createServedModels(upstream: Upstream): (provider: Provider) => Promise<readonly string[]> {
  const ask = (provider: Provider) =>
    new Promise<readonly string[]>((resolve) => servedModels(upstream, provider, resolve));
  const remote = new Map<string, { asked: number; known: readonly string[] }>();
  return async (provider) => {
    if (provider.hosting === "machine") return ask(provider);
    const before = remote.get(provider.account);
    if (before && Date.now() - before.asked < FRESH_MS) return before.known;
    const entry = { asked: Date.now(), known: before?.known ?? [] };
    remote.set(provider.account, entry);
    const answered = ask(provider).then((models) => (entry.known = models.length > 0 ? models : entry.known));
    return Promise.race([answered, sleep(WAIT_MS, entry.known, { ref: false })]);
  };
}
