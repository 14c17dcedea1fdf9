/** What a built-in pattern finds. */
export interface Pattern {
  /** One line for the reference. */
  finds: string;
  /** Runs with the flags `gu`. */
  pattern: RegExp;
  /** A checksum that a match must pass besides. */
  check?: "luhn" | "iban";
}

// Each pattern is linear in the text: what repeats is bounded or cannot be matched in two ways, and a boundary in front
// keeps a long run from being tried from each of its characters.

const EMAIL = /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}/u;

const INTERNATIONAL_PHONE = /(?<![\p{L}\p{N}_+.-])(?:\+|00)[1-9](?:[ ./()-]{0,2}\d){7,14}(?![\p{L}\p{N}_])/u;
const NORTH_AMERICAN_PHONE =
  /(?<![\p{L}\p{N}_+.-])(?:1[ .-])?\(?[2-9]\d{2}(?:\) ?|[ .-])\d{3}[ .-]\d{4}(?![\p{L}\p{N}_-])/u;
const NATIONAL_PHONE = /(?<![\p{L}\p{N}_+.-])0[1-9]\d{1,3}[ /-]\d{3,4}[ -]?\d{3,5}(?![\p{L}\p{N}_-])/u;

const CARD = /(?<!\d)[2-6]\d{3}(?:[ -]?\d){9,15}(?!\d)/u;

const IBAN = /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Z0-9])/u;

const US_SSN = /(?<![\p{L}\p{N}_-])(?!000|666|9)\d{3}[ -](?!00)\d{2}[ -](?!0000)\d{4}(?![\p{L}\p{N}_-])/u;

const KEY_SHAPES = [
  /sk-(?=[A-Za-z_-]{0,40}\d)[A-Za-z0-9_-]{20,}/,
  /fw_[a-z0-9]{1,16}_[A-Za-z0-9_-]{20,}/,
  /(?:gsk_|hf_|npm_|r8_|pplx-|xai-)[A-Za-z0-9]{30,}/,
  /[prs]k_(?:live|test)_[A-Za-z0-9]{16,}/,
  /gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}/,
  /(?:AKIA|ASIA)[A-Z0-9]{16}/,
  /AIza[A-Za-z0-9_-]{35}/,
  /xox[abeprs]-[A-Za-z0-9-]{10,}/,
  /eyJ[A-Za-z0-9_-]{10,4096}\.[A-Za-z0-9_-]{10,4096}\.[A-Za-z0-9_-]{10,}/,
  /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[A-Za-z0-9+/=\s]{0,8192}/,
];

const either = (...patterns: RegExp[]) => new RegExp(patterns.map(({ source }) => source).join("|"), "u");

/** The patterns that `redaction` knows by name. */
export const BUILT_IN_PATTERNS = {
  email: { finds: "e-mail addresses", pattern: EMAIL },
  phone: {
    finds: "phone numbers: international, or written with separators as in North America and much of Europe",
    pattern: either(INTERNATIONAL_PHONE, NORTH_AMERICAN_PHONE, NATIONAL_PHONE),
  },
  card: { finds: "payment card numbers that pass the Luhn check", pattern: CARD, check: "luhn" },
  iban: { finds: "bank accounts in IBAN form that pass its check digits", pattern: IBAN, check: "iban" },
  us_ssn: { finds: "US social security numbers with separators", pattern: US_SSN },
  api_key: {
    finds: "API keys and tokens of well-known shapes, JSON web tokens, private keys",
    pattern: new RegExp(`(?<![A-Za-z0-9_-])(?:${either(...KEY_SHAPES).source})`, "u"),
  },
} as const satisfies Record<string, Pattern>;

/** The name of a built-in pattern. */
export type BuiltInPattern = keyof typeof BUILT_IN_PATTERNS;
