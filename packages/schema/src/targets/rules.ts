import type { SizeLimits } from "./size.ts";

/** What a provider's schema mode takes. What it does not take is said in words, and checked afterwards. */
export interface TargetRules {
  /** Whether it is to be asked to hold to the schema strictly. */
  strict: boolean;
  /** The root is an object with properties, not a choice or a reference. */
  objectRoot: boolean;
  /** Every property is required; one that may be left out is null instead. */
  allRequired: boolean;
  /** No properties but the named ones: any others are a list of names and values. */
  closed: boolean;
  /** Every schema says its type: what may be anything is JSON in a text. */
  typed: boolean;
  /** References; without them a schema that refers to itself is written out a few times. */
  references: boolean;
  /** Arrays whose items have schemas of their own; without them, an object. */
  tuples: boolean;
  keywords: ReadonlySet<string>;
  /** Absent = every one. */
  formats?: ReadonlySet<string>;
  /** The largest `minItems`. Absent = any. */
  mostMinItems?: number;
  /** Absent = none is known. */
  size?: SizeLimits;
}

const NUMBERS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const LENGTHS = ["minLength", "maxLength"];
const COUNTS = ["minItems", "maxItems"];

/** What llama.cpp makes a grammar of by itself; Ollama is built on it. */
const GRAMMAR = {
  strict: false,
  objectRoot: false,
  allRequired: false,
  closed: false,
  typed: false,
  references: true,
  tuples: false,
  keywords: new Set([...LENGTHS, ...COUNTS, "pattern", "additionalProperties"]),
  formats: new Set(["date-time", "time", "date", "uuid"]),
} satisfies TargetRules;

/**
 * By who answers. Sources: OpenAI's guide "Structured model outputs" and `lib/transform.js` of openai 6.49; Anthropic's
 * guide "Structured outputs" and `lib/transform-json-schema.js` of @anthropic-ai/sdk 1.12; the types of @google/genai 2.32;
 * Mistral's guide "Custom structured outputs"; vLLM's "Structured outputs"; `grammars/README.md` of llama.cpp.
 */
export const TARGETS = {
  openai: {
    strict: true,
    objectRoot: true,
    allRequired: true,
    closed: true,
    typed: true,
    references: true,
    tuples: false,
    keywords: new Set([...NUMBERS, ...COUNTS, "pattern"]),
    formats: new Set(["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"]),
    size: {
      properties: 5000,
      characters: 120_000,
      values: 1000,
      longList: { values: 250, characters: 15_000 },
      levels: 10,
    },
  },
  anthropic: {
    strict: true,
    objectRoot: false,
    allRequired: false,
    closed: true,
    typed: true,
    references: false,
    tuples: false,
    keywords: new Set(["minItems"]),
    formats: new Set(["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"]),
    mostMinItems: 1,
  },
  gemini: {
    strict: false,
    objectRoot: false,
    allRequired: false,
    closed: false,
    typed: true,
    references: true,
    tuples: true,
    keywords: new Set([...COUNTS, "minimum", "maximum", "additionalProperties"]),
    formats: new Set(["date-time", "date", "time"]),
  },
  // Its subset is not written down anywhere: what OpenAI's takes, less the bounds.
  mistral: {
    strict: true,
    objectRoot: true,
    allRequired: true,
    closed: true,
    typed: true,
    references: true,
    tuples: false,
    keywords: new Set(),
    formats: new Set(),
  },
  vllm: {
    strict: false,
    objectRoot: false,
    allRequired: false,
    closed: false,
    typed: false,
    references: true,
    tuples: true,
    keywords: new Set([...NUMBERS, ...LENGTHS, ...COUNTS, "pattern", "additionalProperties"]),
    formats: new Set(["date-time", "time", "date", "duration", "email", "ipv4", "ipv6", "uuid"]),
  },
  "llama.cpp": GRAMMAR,
  ollama: GRAMMAR,
} satisfies Record<string, TargetRules>;

export type TargetName = keyof typeof TARGETS;
