import { patternLanguage } from "./regular/pattern.ts";
import type { Language } from "./regular/language.ts";

const DATE = "\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))"; // prettier-ignore
const TIME = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:[Zz]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const HOSTNAME = `${LABEL}(?:\\.${LABEL}){0,9}`;
const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = `${BYTE}(?:\\.${BYTE}){3}`;
const HEX4 = "[\\da-fA-F]{1,4}";
const DIRECT = "[A-Za-z0-9\\-._~!$&'()*+,;=:@/]|%[\\dA-Fa-f]{2}";

/**
 * Formats as regular expressions (RFC 3339, 5321, 3986, 4122, 4291 in their usual forms). Narrower than the standards in
 * two places, which the report of a schema says: the 29th of February is left out, and only plain addresses are written.
 */
const SOURCES: Readonly<Record<string, string>> = {
  date: DATE,
  time: TIME,
  "date-time": `${DATE}[Tt]${TIME}`,
  duration:
    "P(?:\\d{1,9}W|(?:\\d{1,9}Y(?:\\d{1,9}M)?(?:\\d{1,9}D)?|\\d{1,9}M(?:\\d{1,9}D)?|\\d{1,9}D)(?:T(?:\\d{1,9}H(?:\\d{1,9}M)?(?:\\d{1,9}S)?|\\d{1,9}M(?:\\d{1,9}S)?|\\d{1,9}S))?|T(?:\\d{1,9}H(?:\\d{1,9}M)?(?:\\d{1,9}S)?|\\d{1,9}M(?:\\d{1,9}S)?|\\d{1,9}S))",
  email: `[A-Za-z0-9!#$%&'*+/=?^_\`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_\`{|}~-]+)*@${HOSTNAME}`,
  hostname: HOSTNAME,
  ipv4: IPV4,
  ipv6: `(?:${HEX4}:){7}${HEX4}|(?:${HEX4}:){1,7}:|::(?:${HEX4}:){0,6}${HEX4}|(?:${HEX4}:){1,6}:${HEX4}|::`,
  uuid: "[\\da-fA-F]{8}-[\\da-fA-F]{4}-[\\da-fA-F]{4}-[\\da-fA-F]{4}-[\\da-fA-F]{12}",
  uri: `[A-Za-z][A-Za-z0-9+.-]*:(?:${DIRECT})+(?:\\?(?:${DIRECT}|\\?)*)?(?:#(?:${DIRECT}|\\?)*)?`,
  "uri-reference": `(?:${DIRECT})*(?:\\?(?:${DIRECT}|\\?)*)?(?:#(?:${DIRECT}|\\?)*)?`,
  "json-pointer": "(?:/(?:[^~/]|~[01])*)*",
};

const languages = new Map<string, Language>();

/** The texts of a format; `undefined` for one that is not known. */
export function formatLanguage(name: string): Language | undefined {
  if (!Object.hasOwn(SOURCES, name)) return undefined;
  let language = languages.get(name);
  if (!language) languages.set(name, (language = patternLanguage(`^(?:${SOURCES[name]!})$`)));
  return language;
}
