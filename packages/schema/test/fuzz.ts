import { compileSchema, type Schema, SchemaError } from "../src/index.ts";
import { validator as anyDraft } from "./arrange.ts";
import { validator } from "../src/validate.ts";

/** A text that some model wrote under a grammar. */
export interface Written {
  text: string;
  /** Whether the grammar came to its end. */
  finished: boolean;
  tokens: number;
  ms: number;
}

export interface FuzzResult {
  /**
   * - `valid`, `invalid`: as the text stands, before anything else looked at it
   * - `cut`: at the limit of tokens
   * - `refused`: the schema, as one that admits no value, or cannot be read
   * - `unjudged`: the validator does not take the schema
   */
  outcome: "valid" | "invalid" | "cut" | "refused" | "unjudged";
  /** Whether the report calls every keyword enforced. */
  enforced: boolean;
  compileMs: number;
  tokens: number;
  ms: number;
  /** What is wrong, and the text. */
  at?: string;
}

/** Compiles a schema, lets a model write under its grammar, and asks an independent validator. */
export async function fuzz(schema: Schema, write: (gbnf: string) => Promise<Written>): Promise<FuzzResult> {
  const began = performance.now();
  try {
    const { gbnf, enforced } = compileSchema(schema);
    const compileMs = performance.now() - began;
    const { text, finished, tokens, ms } = await write(gbnf);
    const spent = { enforced, compileMs, tokens, ms };
    if (!finished) return { outcome: "cut", ...spent, at: text };
    return { ...judged(schema, text), ...spent };
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const compileMs = performance.now() - began;
    return { outcome: "refused", enforced: false, compileMs, tokens: 0, ms: 0, at: error.message };
  }
}

function judged(schema: Schema, text: string): Pick<FuzzResult, "outcome" | "at"> {
  const check = checkOf(schema);
  if (!check) return { outcome: "unjudged" };
  try {
    return check(JSON.parse(text)) ? { outcome: "valid" } : { outcome: "invalid", at: text };
  } catch (error) {
    return { outcome: "invalid", at: `${String(error)}: ${text}` };
  }
}

/** With formats where it can be: what older drafts say is looked at without them. */
function checkOf(schema: Schema): ((value: unknown) => boolean) | undefined {
  if (typeof schema === "object" && "$schema" in schema) return anyDraft(schema);
  try {
    const check = validator(schema);
    return (value) => check(value).length === 0;
  } catch {
    return anyDraft(schema);
  }
}
