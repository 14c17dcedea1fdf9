import { createHmac, hash, timingSafeEqual } from "node:crypto";

/** Why a token is not good. */
export type TokenFault = "forged" | "expired";

/**
 * Signs the generations that are given away, so that a page can only say something about an answer that it was shown.
 *
 *   gen_0199…-…  .  t3k2qx  .  8PYq…
 *   generation      seconds     first 132 bits of SHA-256(key of project and second + generation), base64url
 *                   base 36
 *
 * The key of a project and a second is an HMAC-SHA256 (RFC 2104) by the installation's secret. It is kept for its second, so
 * that an answer costs one hash: two and their buffers took a twentieth of a small request. A hash of a secret key and a
 * text is a sound code for texts of one length, which generation ids are, and more so where half of it is kept to itself.
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
/** Characters of six bits. */
const MAC_LENGTH = 22;

/** @param secret the installation's; every project's tokens are its own */
export function generationTokens(secret: string): GenerationTokens {
  const keyOf = (project: string, seconds: string): string =>
    createHmac("sha256", secret).update(`${project}\n${seconds}`).digest("base64url");
  const macOf = (key: string, id: string): string => hash("sha256", key + id, "base64url").slice(0, MAC_LENGTH);
  const keys = new Map<string, string>();
  let keysOf = Number.NaN;
  let seconds = "";
  return {
    sign(project, id, now = Date.now()) {
      const second = Math.floor(now / 1000);
      if (second !== keysOf) {
        keys.clear();
        keysOf = second;
        seconds = second.toString(36);
      }
      let key = keys.get(project);
      if (key === undefined) keys.set(project, (key = keyOf(project, seconds)));
      return `${id}.${seconds}.${macOf(key, id)}`;
    },
    verify(project, token, maxAgeMs, now = Date.now()) {
      const [, id, said, mac] = SHAPE.exec(token) ?? [];
      if (id === undefined || said === undefined || mac === undefined) return { fault: "forged" };
      if (!timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(keyOf(project, said), id)))) return { fault: "forged" };
      return now - Number.parseInt(said, 36) * 1000 > maxAgeMs ? { fault: "expired" } : { id };
    },
  };
}
