import { hostName } from "@flywheel/gateway";

/** Names of this machine that are always allowed. */
const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

/**
 * Host names that may be asked for. A page elsewhere that points a name of its own at 127.0.0.1 (DNS rebinding) is
 * stopped by this; `*` allows any.
 */
export function allowedHosts(more: readonly string[]): ReadonlySet<string> {
  return new Set([...LOOPBACK, ...more]);
}

/** Whether a `Host` header, with or without a port, is one of them. */
export function isAllowedHost(header: string | undefined, allowed: ReadonlySet<string>): boolean {
  return allowed.has("*") || allowed.has(hostName(header ?? ""));
}
