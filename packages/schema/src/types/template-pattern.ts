import { type TemplateLiteralType, type Type, TypeFlags } from "./checker.ts";

const ESCAPED = /[\\^$.*+?()[\]{}|/]/g;
const NUMBER = "-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?";

/** A template literal type as a pattern for the whole text; `undefined` where a part has none. */
export function templatePattern(type: Type): string | undefined {
  const body = patternOf(type);
  return body === undefined ? undefined : `^${body}$`;
}

function patternOf(type: Type): string | undefined {
  const { flags } = type;
  if (type.isTemplateLiteralType()) return template(type);
  if (type.isUnionType()) {
    const parts = type.getTypes().map(patternOf);
    return parts.includes(undefined) ? undefined : `(${parts.join("|")})`;
  }
  if (type.isLiteralType()) return String(type.value).replace(ESCAPED, "\\$&");
  if (flags & TypeFlags.String) return "[\\s\\S]*";
  if (flags & TypeFlags.Number) return NUMBER;
  if (flags & TypeFlags.BigInt) return "-?(0|[1-9][0-9]*)";
  if (flags & TypeFlags.Boolean) return "(true|false)";
  if (flags & TypeFlags.Null) return "null";
  if (flags & TypeFlags.Undefined) return "undefined";
  if (type.isStringMappingType()) return MAPPINGS[type.getSymbol()?.name ?? ""];
  return undefined;
}

/** `Uppercase<string>` and its kin, for the letters of ASCII. */
const MAPPINGS: Readonly<Record<string, string>> = {
  Uppercase: "[^a-z]*",
  Lowercase: "[^A-Z]*",
  Capitalize: "([^a-z][\\s\\S]*)?",
  Uncapitalize: "([^A-Z][\\s\\S]*)?",
};

function template(type: TemplateLiteralType): string | undefined {
  const parts = type.getTypes().map(patternOf);
  if (parts.includes(undefined)) return undefined;
  return type.texts.map((text, i) => text.replace(ESCAPED, "\\$&") + (parts[i] ?? "")).join("");
}
