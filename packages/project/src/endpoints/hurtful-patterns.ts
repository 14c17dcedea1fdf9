import type { JsonSchema } from "@flywheel/protocol";
import { isLinear } from "@flywheel/schema/linear-pattern";
import { hurtfulText } from "../slow-pattern.ts";

const known = new Map<string, boolean>();
/** What stands there is data. */
const DATA = new Set(["const", "enum", "default", "examples"]);

/** The patterns of a schema that take forever on some texts: one such text from a client or a model would hold up a gateway. */
export function hurtfulPatterns(schema: JsonSchema): string[] {
  return [...new Set(patternsOf(schema))].filter(isHurtful);
}

function isHurtful(source: string): boolean {
  const before = known.get(source);
  if (before !== undefined) return before;
  const found = !isLinear(source) && hurtfulText(source) !== undefined;
  known.set(source, found);
  return found;
}

function patternsOf(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(patternsOf);
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([keyword, value]) => {
    if (DATA.has(keyword)) return [];
    if (keyword === "pattern" && typeof value === "string") return [value];
    const names = keyword === "patternProperties" ? Object.keys(Object(value) as object) : [];
    return [...names, ...patternsOf(value)];
  });
}
