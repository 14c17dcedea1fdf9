import { createHmac, timingSafeEqual } from "node:crypto";

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
  const macOf = (project: string, id: string, seconds: string) =>
    createHmac("sha256", secret).update(`${project}\n${id}\n${seconds}`).digest().subarray(0, MAC_BYTES);
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
