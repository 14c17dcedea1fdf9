import { hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { FlywheelError } from "@flywheel/protocol";
import type { Key, ResolveKey } from "@flywheel/protocol";

const CACHED = 1024;

/** Secret → its hash; whether the key still lives is asked every time. */
const hashes = new Map<string, string>();

/**
 * The key a request comes with, from `authorization: Bearer …` or `x-api-key`. Rights depend on the key alone,
 * never on the header it came in.
 * @throws FlywheelError `missing_key`, `invalid_key`, `forbidden`
 */
export function authenticate(headers: IncomingHttpHeaders, resolveKey: ResolveKey): Key {
  const secret = secretOf(headers);
  if (secret === undefined) throw new FlywheelError("missing_key");
  const key = resolveKey(hashOf(secret));
  if (!key || key.revoked !== null) throw new FlywheelError("invalid_key");
  if (!key.scopes.includes("inference"))
    throw new FlywheelError("forbidden", { reason: "This key may not call models." });
  return key;
}

function secretOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = headers.authorization === undefined ? null : /^Bearer +(\S+)$/i.exec(headers.authorization);
  if (bearer) return bearer[1];
  const plain = headers["x-api-key"];
  return typeof plain === "string" && plain !== "" ? plain : undefined;
}

function hashOf(secret: string): string {
  let known = hashes.get(secret);
  if (known !== undefined) return known;
  known = hash("sha256", secret, "hex");
  if (hashes.size >= CACHED) hashes.clear();
  if (secret.length <= 256) hashes.set(secret, known);
  return known;
}
