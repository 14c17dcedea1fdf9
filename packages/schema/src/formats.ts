import { patternLanguage } from "./regular/pattern.ts";
import type { Language } from "./regular/language.ts";

const DATE = "\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))|(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29"; // prettier-ignore
const TIME = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:[Zz]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const HOSTNAME = `${LABEL}(?:\\.${LABEL}){0,9}`;
const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = `${BYTE}(?:\\.${BYTE}){3}`;
const HEX4 = "[\\da-fA-F]{1,4}";
const DIRECT = "[A-Za-z0-9\\-._~!$&'()*+,;=:@/]|%[\\dA-Fa-f]{2}";

/** Formats as regular expressions (RFC 3339, 5321, 1123, 3986, 4122, 4291, 6901). */
const SOURCES: Readonly<Record<string, string>> = {
  date: DATE,
  time: TIME,
  "date-time": `(?:${DATE})[Tt]${TIME}`,
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

/** Where the texts written are not all that the standard has, or some more. */
const INEXACT: Readonly<Record<string, string>> = {
  time: "leap seconds are left out",
  "date-time": "leap seconds are left out",
  duration: "numbers have at most nine digits",
  email: "quoted and international addresses are left out",
  hostname: "the length of the whole is not limited",
  ipv6: "addresses that end in an IPv4 one are left out",
  uri: "addresses in brackets are left out, ports are not looked at",
  "uri-reference": "addresses in brackets are left out, ports are not looked at",
};

export interface Format {
  language: Language;
  /** How it differs from the standard. */
  inexact?: string;
}

const known = new Map<string, Format>();

/** The texts of a format; `undefined` for one that is not known. */
export function formatNamed(name: string): Format | undefined {
  if (!Object.hasOwn(SOURCES, name)) return undefined;
  let format = known.get(name);
  if (!format) {
    const inexact = INEXACT[name];
    format = { language: patternLanguage(`^(?:${SOURCES[name]!})$`), ...(inexact !== undefined && { inexact }) };
    known.set(name, format);
  }
  return format;
}
