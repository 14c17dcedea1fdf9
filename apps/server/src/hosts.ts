const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Whether a `Host` header names this machine or a name the operator allowed. A page elsewhere that points its own name
 * at 127.0.0.1 (DNS rebinding) is stopped here.
 */
export function isAllowedHost(header: string | undefined, allowed: readonly string[]): boolean {
  const name = (header ?? "").replace(/:\d+$/, "").toLowerCase();
  return LOOPBACK.has(name) || allowed.includes(name) || allowed.includes("*");
}
