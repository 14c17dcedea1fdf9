import { createHash, randomBytes } from "node:crypto";

/** A new API key secret, `fw_<environment>_<32 random bytes>`; short names keep it readable. */
export function newSecret(environment: string): string {
  const label =
    { development: "dev", production: "prod" }[environment] ?? environment.toLowerCase().replace(/[^a-z0-9]/g, "");
  return `fw_${label.slice(0, 12) || "key"}_${alphanumeric(43)}`;
}

/** Hex SHA-256. The secret has 256 random bits, so no slow hash is needed. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Letters and digits only, so that a double click selects the whole key. 43 of them carry 256 bits. */
function alphanumeric(length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      // 248 = 4 × 62: higher bytes would favour the first letters.
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62];
    }
  }
  return text;
}
