import type { GenerationQuery } from "@flywheel/protocol";

/** A condition with the values of its `{name:Type}` placeholders. User input is only ever in the values. */
export interface Filter {
  where: string;
  parameters: Record<string, unknown>;
}

/** A place in the order of (time, id). Without a time the id alone decides. */
export interface Cursor {
  id: string;
  time?: number;
}

const EQUALS = {
  project: "project = {project:String}",
  status: "status = {status:String}",
  model: "(request_model = {model:String} OR provider_model = {model:String} OR response_model = {model:String})",
  provider: "provider_name = {provider:String}",
  key_id: "key_id = {key_id:String}",
  from: "time >= fromUnixTimestamp64Milli({from:Int64})",
  to: "time < fromUnixTimestamp64Milli({to:Int64})",
} satisfies Partial<Record<keyof GenerationQuery, string>>;

const MAX_WORDS = 16;
const MAX_WORD_LENGTH = 200;

/** Everything of a query but its place and limit. */
export function generationFilter(query: GenerationQuery): Filter {
  const conditions: string[] = [];
  const parameters: Record<string, unknown> = {};
  for (const [name, condition] of Object.entries(EQUALS) as [keyof typeof EQUALS, string][]) {
    if (query[name] === undefined) continue;
    conditions.push(condition);
    parameters[name] = query[name];
  }
  if (!query.shadows) conditions.push("shadow_of = ''");
  if (query.search !== undefined) {
    const words = searchWords(query.search);
    if (words.length === 0) conditions.push("false");
    words.forEach((word, i) => {
      conditions.push(`(${has("input_text", i)} OR ${has("output_text", i)})`);
      parameters[`word${i}`] = word;
    });
  }
  return { where: conditions.join(" AND ") || "true", parameters };
}

/** Lower case is part of the indexed expression, so that the answer is the same where a plan does not use the index. */
const has = (column: string, i: number) => `hasAllTokens(lowerUTF8(${column}), lowerUTF8({word${i}:String}))`;

/** Words with something in them that the index knows: ASCII letters and digits, and all beyond ASCII. */
function searchWords(search: string): string[] {
  const words = search.toWellFormed().split(/\s+/);
  return words
    .filter((word) => /[a-zA-Z0-9]|\P{ASCII}/u.test(word))
    .slice(0, MAX_WORDS)
    .map((word) => word.slice(0, MAX_WORD_LENGTH).toWellFormed());
}

/** What lies before (`<`) or after (`>`) a place. The condition on time alone is what the sort key can use. */
export function beyond(sign: "<" | ">", name: "before" | "after", { id, time }: Cursor): Filter {
  if (time === undefined) return { where: `id ${sign} {${name}:String}`, parameters: { [name]: id } };
  const at = `fromUnixTimestamp64Milli({${name}_time:Int64})`;
  return {
    where: `time ${sign}= ${at} AND (time, id) ${sign} (${at}, {${name}:String})`,
    parameters: { [name]: id, [`${name}_time`]: time },
  };
}
