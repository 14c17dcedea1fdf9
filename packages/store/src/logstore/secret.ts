import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Whether a request brings the secret, as the password of any user: Basic, or `x-clickhouse-key`. */
export function checkSecret(secret: string): (request: IncomingMessage) => boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const wanted = digest(secret);
  return ({ headers }) => {
    const key = headers["x-clickhouse-key"];
    const basic = /^Basic (.+)$/i.exec(headers.authorization ?? "")?.[1];
    const given =
      typeof key === "string"
        ? key
        : basic
          ? Buffer.from(basic, "base64")
              .toString("utf8")
              .replace(/^[^:]*:/, "")
          : "";
    return timingSafeEqual(digest(given), wanted);
  };
}
