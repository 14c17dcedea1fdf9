/** What every SDK's script shows. The matrix of scripts and scenarios has no holes: a type says so. */
export const SCENARIOS = ["chat", "stream", "tools", "json schema", "embeddings", "error", "abort"] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** Ways for a stream to break, each of which an SDK must raise. */
export const BREAKS = ["truncated", "truncated-event", "reset", "malformed-event", "error-event"] as const;

/** Where a script asks. */
export interface Target {
  /** With `/v1`. */
  baseUrl: string;
  key: string;
  /** To be sent with every request. */
  headers: Record<string, string>;
  /** The provider's dialect, which is also its name: models are `<provider>/<case>`. */
  provider: string;
}

/** One SDK, unmodified: a script for each scenario, or why it has none. Scripts assert what the SDK gives its user. */
export interface Golden {
  name: string;
  scripts: Record<Scenario, ((target: Target) => Promise<void>) | { none: string }>;
}

/** What is asked, the same for all. The answers are `tests/upstream/fixtures`. */
export const QUESTION = "Where is my card?";

export const TOOLS = [
  {
    name: "lookup_card",
    description: "Looks a card up",
    parameters: {
      type: "object",
      properties: { id: { type: "string" }, lines: { type: "array", items: { type: "string" } } },
      required: ["id"],
      additionalProperties: false,
    },
  },
  {
    name: "lookup_limit",
    description: "Looks a limit up",
    parameters: { type: "object", properties: {}, additionalProperties: false },
  },
] as const;

/** What each tool finds; the provider must be told it. */
export const FOUND: Readonly<Record<string, string>> = {
  lookup_card: "posted-on-monday",
  lookup_limit: "five-thousand",
};

export const SCHEMA = {
  type: "object",
  properties: { queue: { type: "string", enum: ["cards", "billing"] } },
  required: ["queue"],
  additionalProperties: false,
} as const;
export const STRUCTURED = { queue: "cards" };
