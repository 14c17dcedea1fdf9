import type { Usage } from "@flywheel/protocol";
import { count, isObject, object } from "./json.ts";
import type { Json } from "./json.ts";

/** Tokens in an OpenAI-style `usage` object, with the fields that compatible providers spell differently. */
export function readUsage(usage: Json): Usage | null {
  const prompt = object(usage.prompt_tokens_details);
  const completion = object(usage.completion_tokens_details);
  const input = count(usage.prompt_tokens);
  const reasoning = count(completion.reasoning_tokens) ?? count(usage.reasoning_tokens);
  const result: Usage = {};
  set(result, "input_tokens", input);
  set(result, "output_tokens", outputTokens(usage, input, reasoning));
  set(result, "cache_read_input_tokens", count(prompt.cached_tokens) ?? count(usage.prompt_cache_hit_tokens));
  set(result, "cache_creation_input_tokens", count(prompt.cache_write_tokens) ?? count(prompt.cache_creation_tokens));
  set(result, "reasoning_output_tokens", reasoning);
  return Object.keys(result).length > 0 ? result : null;
}

function set(usage: Usage, name: keyof Usage, value: number | undefined): void {
  if (value !== undefined) usage[name] = value;
}

/** Some providers leave reasoning out of `completion_tokens` but not out of `total_tokens`, nor out of the bill. */
function outputTokens(usage: Json, input: number | undefined, reasoning: number | undefined): number | undefined {
  const output = count(usage.completion_tokens);
  if (output === undefined || input === undefined || !reasoning) return output;
  return count(usage.total_tokens) === input + output + reasoning ? output + reasoning : output;
}

/** Where providers put what a call cost, and how many nano-dollars one unit there is. */
const COST_FIELDS: readonly [read: (usage: Json) => unknown, nano: number][] = [
  [(usage) => usage.cost, 1e9], // OpenRouter: dollars
  [(usage) => (isObject(usage.cost) ? usage.cost.total_cost : undefined), 1e9], // Perplexity: dollars
  [(usage) => usage.estimated_cost, 1e9], // DeepInfra: dollars
  [(usage) => usage.cost_in_usd_ticks, 0.1], // xAI: 1e-10 dollars
];

/** The cost the provider reports, in integer nano-dollars. */
export function readCost(usage: Json): number | undefined {
  for (const [read, nano] of COST_FIELDS) {
    const amount = count(read(usage));
    if (amount !== undefined) return Math.round(amount * nano);
  }
  return undefined;
}
