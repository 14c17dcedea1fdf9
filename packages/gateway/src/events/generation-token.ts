import { createHash, hash, timingSafeEqual } from "node:crypto";

/** Why a token is not good. */
export type TokenFault = "forged" | "expired";

/**
 * Signs the generations that are given away, so that a page can only say something about an answer that it was shown.
 *
 *   gen_0199…-…  .  t3k2qx  .  8PYq…
 *   generation      seconds     first 128 bits of the HMAC-SHA256, base64url
 *                   base 36     of project, generation and time
 */
export interface GenerationTokens {
  sign(project: string, generationId: string, now?: number): string;
  /** The generation of a token of this project, or what is wrong with it. */
  verify(project: string, token: string, maxAgeMs: number, now?: number): { id: string } | { fault: TokenFault };
}

/** Whether a text is meant as a token rather than as a plain id. */
export const isToken = (text: string): boolean => text.includes(".");

const SHAPE =
  /^(gen_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\.([0-9a-z]{1,9})\.([\w-]{22})$/;
const MAC_BYTES = 16;

/** @param secret the installation's; every project's tokens are its own */
export function generationTokens(secret: string): GenerationTokens {
  const hmac = hmacSha256(secret);
  const macOf = (project: string, id: string, seconds: string) =>
    hmac(`${project}\n${id}\n${seconds}`).subarray(0, MAC_BYTES);
  return {
    sign(project, id, now = Date.now()) {
      const seconds = Math.floor(now / 1000).toString(36);
      return `${id}.${seconds}.${macOf(project, id, seconds).toString("base64url")}`;
    },
    verify(project, token, maxAgeMs, now = Date.now()) {
      const [, id, seconds, mac] = SHAPE.exec(token) ?? [];
      if (id === undefined || seconds === undefined || mac === undefined) return { fault: "forged" };
      const said = Buffer.from(mac, "base64url");
      if (said.length !== MAC_BYTES || !timingSafeEqual(said, macOf(project, id, seconds))) return { fault: "forged" };
      return now - Number.parseInt(seconds, 36) * 1000 > maxAgeMs ? { fault: "expired" } : { id };
    },
  };
}

const BLOCK_BYTES = 64;

/**
 * HMAC-SHA256 (RFC 2104) out of two one-shot hashes. Every answer is signed, and `createHmac` takes twice as long: it
 * makes the key's blocks anew, and an object and a stream around it.
 */
export function hmacSha256(secret: string): (message: string) => Buffer {
  const long = Buffer.byteLength(secret) > BLOCK_BYTES;
  const key = long ? createHash("sha256").update(secret).digest() : Buffer.from(secret);
  const block = (pad: number) => Buffer.alloc(BLOCK_BYTES, pad).map((byte, i) => byte ^ (key[i] ?? 0)) as Buffer;
  const [inner, outer] = [block(0x36), block(0x5c)];
  return (message) => {
    const digest = hash("sha256", Buffer.concat([inner, Buffer.from(message)]), "buffer");
    return hash("sha256", Buffer.concat([outer, digest]), "buffer");
  };
}
