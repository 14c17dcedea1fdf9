import type { Check, Component } from "./openai-schema.ts";

/** How many of what the gateway sent are valid, and some that are not. */
export interface Tally {
  valid: number;
  invalid: string[];
}

export interface Heard {
  /** Written by us: errors, and what was translated. */
  ours: Tally;
  /** Bytes of the provider that passed through as they were. */
  passed: Tally;
}

/** A `fetch` that checks every answer in OpenAI's dialects against the published description while it is read. */
export function listen(check: Check): { heard: Heard; fetch: typeof fetch } {
  const heard: Heard = { ours: { valid: 0, invalid: [] }, passed: { valid: 0, invalid: [] } };
  return {
    heard,
    async fetch(input, init) {
      const answer = await fetch(input, init);
      const path = new URL(input instanceof Request ? input.url : input).pathname;
      const model = /"model":"([^"/]*)\/[^"]*"/.exec(typeof init?.body === "string" ? init.body : "")?.[1];
      const own = Object.keys(PATHS).find((end) => path.endsWith(end));
      if (own !== undefined) {
        const passed = answer.ok && model === PATHS[own]!.dialect;
        const text = await answer.clone().text();
        for (const [component, value] of partsOf(answer, text, PATHS[own]!))
          note(passed ? heard.passed : heard.ours, check(component, value), value);
      }
      return answer;
    },
  };
}

function note(tally: Tally, problem: string | undefined, value: unknown): void {
  if (problem === undefined) tally.valid++;
  else tally.invalid.push(`${problem}: ${JSON.stringify(value)}`);
}

interface Shapes {
  dialect: string;
  whole: Component;
  event: Component;
}

const PATHS: Readonly<Record<string, Shapes>> = {
  "/chat/completions": { dialect: "openai-chat", whole: "chat answer", event: "chat chunk" },
  "/embeddings": { dialect: "openai-chat", whole: "embeddings", event: "chat chunk" },
  "/responses": { dialect: "openai-responses", whole: "response", event: "response event" },
};

function partsOf(answer: Response, text: string, { whole, event }: Shapes): [Component, unknown][] {
  if (!answer.ok) return [["error", JSON.parse(text)]];
  if (!answer.headers.get("content-type")?.includes("event-stream")) return [[whole, JSON.parse(text)]];
  const data = Array.from(text.matchAll(/^data: ?(.*)$/gm), ([, value]) => value!).filter(
    (value) => value !== "[DONE]",
  );
  return data.map((value) => {
    const parsed = JSON.parse(value) as object;
    return [event === "chat chunk" && "error" in parsed ? "error" : event, parsed];
  });
}
