import type { Message } from "flywheel";
import type { Prompt } from "../run/definition.ts";

/** Another way to ask the same. */
export interface PromptVariant {
  readonly name: string;
  /** From how the project asks to how this one does. */
  rewrite(prompt: Prompt | undefined): Prompt;
}

/** What a format does to a text without touching what it says (the axes of FormatSpread: Sclar et al. 2024). */
const FORMATS: Record<string, (text: string) => string> = {
  "lower case": (text) => text.toLowerCase(),
  "upper-case labels": (text) => text.replace(/^([\p{L} ]{1,30}):/gmu, (label) => label.toUpperCase()),
  "labels with a dash": (text) => text.replace(/^([\p{L} ]{1,30}):[ \t]*/gmu, "$1 - "),
  "labels on their own line": (text) => text.replace(/^([\p{L} ]{1,30}):[ \t]+/gmu, "$1:\n"),
  "single spacing": (text) => text.replace(/\n{2,}/g, "\n"),
  "wide spacing": (text) => text.replace(/\n+/g, "\n\n\n"),
  "no final punctuation": (text) => text.replace(/[.!?:]+(?=\s*$)/, ""),
  "starred lists": (text) => text.replace(/^[ \t]*(?:-|\d+[.)])[ \t]+/gm, "* "),
  "numbered lists": numbered,
  "instruction last": reordered,
};

function numbered(text: string): string {
  let count = 0;
  return text.replace(/^[ \t]*[-*][ \t]+/gm, () => `${++count}. `);
}

/** The first paragraph behind the others. */
function reordered(text: string): string {
  const paragraphs = text.split(/\n{2,}/);
  return paragraphs.length < 2 ? text : [...paragraphs.slice(1), paragraphs[0]!].join("\n\n");
}

const FORMAT_NAMES = Object.keys(FORMATS);

/** The text in a format of {@link FORMAT_NAMES}. Deterministic. */
const inFormat = (name: string, text: string): string => FORMATS[name]!(text);

/** All formats, and the paraphrases of the user: `{input}` is where the input goes, else it follows. */
export function promptVariants(paraphrases: readonly string[]): PromptVariant[] {
  const formats = FORMAT_NAMES.map((name): PromptVariant => ({
    name,
    rewrite: (prompt) => async (inputs) =>
      (await messagesOf(prompt, inputs)).map((messages) =>
        messages.map((message) => ({ ...message, content: inFormat(name, message.content) })),
      ),
  }));
  return [...formats, ...paraphrases.map(paraphrase)];
}

function paraphrase(template: string, index: number): PromptVariant {
  return {
    name: `paraphrase ${index + 1}`,
    rewrite: () => async (inputs) =>
      inputs.map((input) => {
        const text = textOf(input);
        const content = template.includes("{input}")
          ? template.replaceAll("{input}", () => text)
          : `${template}\n\n${text}`;
        return [{ role: "user", content }];
      }),
  };
}

async function messagesOf(prompt: Prompt | undefined, inputs: readonly unknown[]): Promise<(readonly Message[])[]> {
  if (prompt) return prompt(inputs);
  return inputs.map((input) =>
    Array.isArray(input) ? (input as Message[]) : [{ role: "user", content: textOf(input) }],
  );
}

function textOf(input: unknown): string {
  if (typeof input === "string") return input;
  const values = Object.values(Object(input) as object) as unknown[];
  return values.length === 1 && typeof values[0] === "string" ? values[0] : JSON.stringify(input);
}
