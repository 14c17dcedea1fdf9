import { hash } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { FlywheelError, PLAIN_KEY } from "@flywheel/protocol";
import type { Key, ResolveKey } from "@flywheel/protocol";

const CACHED = 1024;

/** Secret → its hash; whether the key still lives is asked every time. */
const hashes = new Map<string, string>();

/** Who asks. */
export interface Caller {
  key: Key;
  /** A key of some provider's. It goes to that provider with the one request, and is kept nowhere. */
  foreignSecret?: string;
}

/** Stands for everybody who comes with a key that is none of ours. */
const FOREIGN: Key = {
  ...PLAIN_KEY,
  id: "foreign",
  hash: "",
  prefix: "",
  name: "a provider's own key",
  project: "default",
  environment: "dev",
};

/**
 * The key a request comes with, from `authorization: Bearer …` or `x-api-key`. Rights depend on the key alone,
 * never on the header it came in.
 * @param passForeign accept keys that cannot be ours from programs on this machine
 * @throws FlywheelError `missing_key`, `invalid_key`, `forbidden`
 */
export function authenticate(
  { headers, socket }: IncomingMessage,
  resolveKey: ResolveKey,
  passForeign: boolean,
): Caller {
  const secret = secretOf(headers);
  if (secret === undefined) throw new FlywheelError("missing_key");
  if (passForeign && !secret.startsWith(OUR_PREFIX) && isLoopback(socket.remoteAddress) && !resolveKey(hashOf(secret)))
    return { key: FOREIGN, foreignSecret: secret };
  const key = resolveSecret(secret, resolveKey);
  if (!key.scopes.includes("inference"))
    throw new FlywheelError("forbidden", { reason: "This key may not call models." });
  return { key };
}

/** The live key of a secret. @throws FlywheelError `invalid_key` */
export function resolveSecret(secret: string, resolveKey: ResolveKey): Key {
  const key = resolveKey(hashOf(secret));
  if (!key || key.revoked !== null) throw new FlywheelError("invalid_key");
  return key;
}

const OUR_PREFIX = "fw_";

function isLoopback(address = ""): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}

/** What a request says in `authorization: Bearer …` or `x-api-key`. */
export function secretOf(headers: IncomingHttpHeaders): string | undefined {
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
