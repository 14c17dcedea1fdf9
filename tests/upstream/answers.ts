/** What the scripted provider says when nothing is wrong, in the words of OpenAI's chat completions. */
export const TEXT = ["Your ", "card ", "is ", "on ", "its ", "way ", "— ", "🐢."];

/** What a page or a terminal must not act on, a megabyte of it. */
export const HOSTILE_TEXT = Array.from(
  { length: 8000 },
  (_, line) =>
    `${line} <script>document.title="owned"</script><img src=x onerror="document.title='owned'"> \u001b[31mred\u001b[0m \u202eevil\u2066 [x](javascript:alert(1)) \u0007\n`,
);

export const USAGE = {
  prompt_tokens: 12,
  completion_tokens: 8,
  total_tokens: 20,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 0 },
};

export function completion(model: string): string {
  return JSON.stringify({
    id: "chatcmpl-scripted",
    object: "chat.completion",
    created: 1_760_000_000,
    model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: TEXT.join(""), refusal: null },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: USAGE,
  });
}

function event(model: string, choices: unknown[], usage?: unknown): string {
  return `data: ${JSON.stringify({ id: "chatcmpl-scripted", object: "chat.completion.chunk", created: 1_760_000_000, model, choices, ...(usage === undefined ? {} : { usage }) })}\n\n`;
}

/** The events before the usage chunk: role, text, finish. */
export function contentEvents(model: string, text: readonly string[] = TEXT): string[] {
  const delta = (fields: object, finish_reason: string | null = null): string =>
    event(model, [{ index: 0, delta: fields, logprobs: null, finish_reason }]);
  return [delta({ role: "assistant", content: "" }), ...text.map((content) => delta({ content })), delta({}, "stop")];
}

export function usageEvent(model: string): string {
  return event(model, [], USAGE);
}

export const DONE_EVENT = "data: [DONE]\n\n";
