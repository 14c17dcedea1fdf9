import type { RedactionPattern } from "@flywheel/protocol";
import { BUILT_IN_PATTERNS, type BuiltInPattern, type Pattern, type PatternInput } from "flywheel";
import { at, expected, isObjectOf, itemsOf, type Place, report, stringAt } from "./expect.ts";
import { nearest } from "./nearest.ts";
import { isPlainRegExp } from "./plain-data.ts";
import { hurtfulText } from "./slow-pattern.ts";

const NAMES = Object.keys(BUILT_IN_PATTERNS);
const PATTERN_KEYS: (keyof PatternInput)[] = ["name", "pattern", "replacement"];
const KEPT_FLAGS = /[ims]/g;

/** The patterns to redact: built-in ones by name, others as they are written. */
export function redactionOf(place: Place): RedactionPattern[] {
  return itemsOf(place, 'a list such as ["email", "card"]', (item) =>
    typeof item.value === "string" ? builtIn(item, item.value) : own(item),
  );
}

function builtIn(place: Place, name: string): RedactionPattern | undefined {
  if (!Object.hasOwn(BUILT_IN_PATTERNS, name)) {
    const meant = nearest(name, NAMES);
    return report(
      place,
      `there is no pattern "${name}"; ${meant ? `did you mean "${meant}"?` : `known are ${NAMES.join(", ")}`}`,
    );
  }
  const { pattern, check }: Pattern = BUILT_IN_PATTERNS[name as BuiltInPattern];
  return { name, pattern: pattern.source, ...(check ? { check } : {}), replacement: `[${name}]` };
}

function own(place: Place): RedactionPattern | undefined {
  if (!isObjectOf(place, PATTERN_KEYS, "the name of a pattern, or { name, pattern }")) return undefined;
  const name = stringAt(at(place, "name"));
  const pattern = sourceOf(at(place, "pattern"));
  const replacement = at(place, "replacement");
  const text = replacement.value === undefined ? `[${name}]` : stringAt(replacement);
  return name === undefined || pattern === undefined || text === undefined
    ? undefined
    : { name, pattern, replacement: text };
}

function sourceOf(place: Place): string | undefined {
  const { value } = place;
  const source = isPlainRegExp(value) ? withFlags(value) : value;
  if (typeof source !== "string") return expected(place, "a regular expression");
  try {
    const regex = new RegExp(source, "gu");
    if (regex.test("")) return report(place, "matches everywhere, also where there is nothing");
    const text = hurtfulText(source);
    if (text)
      return report(
        place,
        `takes too long on texts like "${text.slice(0, 12)}…"; repetitions must not nest or overlap`,
      );
    return source;
  } catch (error) {
    return report(place, (error as Error).message);
  }
}

/** Patterns always run with `gu`; what a regular expression says besides is written into it. */
function withFlags({ source, flags }: { source: string; flags: string }): string {
  const kept = flags.match(KEPT_FLAGS)?.join("");
  return kept ? `(?${kept}:${source})` : source;
}
