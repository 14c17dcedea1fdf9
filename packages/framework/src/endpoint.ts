import type { StandardSchema } from "./standard-schema.ts";

/** One message of a prompt. */
export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/** How an endpoint answers. */
export interface EndpointInput<Input, Output> {
  /**
   * A model or a route, as a client would name it.
   *
   * @default "default"
   */
  model?: string;
  /**
   * What it takes, as a schema of a validation library instead of the type `Input`.
   *
   * @default The type `Input`.
   */
  input?: StandardSchema<Input, unknown>;
  /**
   * What it answers, as a schema of a validation library instead of the type `Output`. Its transformations do not run.
   *
   * @default The type `Output`; text where there is none.
   */
  output?: StandardSchema<unknown, Output>;
  /** What is said to the model: text, which becomes one user message, or messages. */
  prompt: (input: Input) => string | readonly Message[] | Promise<string | readonly Message[]>;
  /** Inputs with the outputs one wishes for, shown to the model before the real input. */
  examples?: readonly { input: Input; output: Output }[];
  /** @default What the model does when it is not told. */
  temperature?: number;
  /** @default What the model does when it is not told. */
  maxOutputTokens?: number;
  /**
   * Whether an answer may come from the cache.
   *
   * @default As the project's configuration says.
   */
  cache?: boolean;
}

/** What `defineEndpoint` returns: the definition as it was written, with its types. */
export interface EndpointDefinition<Input, Output> extends EndpointInput<Input, Output> {
  readonly kind: "endpoint";
}

/**
 * A typed endpoint: the default export of a file in `endpoints/`, served as `POST /endpoints/<path of the file>` and as
 * the model `endpoint/<path>`. What it takes and answers are plain TypeScript types; an answer that does not match
 * `Output` never leaves.
 *
 * @example
 * export interface Triage {
 *   queue: "billing" | "cards" | "other";
 *   urgency: 1 | 2 | 3;
 * }
 * export default defineEndpoint<{ message: string }, Triage>({
 *   model: "fast",
 *   prompt: ({ message }) => `Triage this support message.\n\n${message}`,
 * });
 */
export function defineEndpoint<Input, Output = string>(
  definition: EndpointInput<Input, Output>,
): EndpointDefinition<Input, Output> {
  return { ...definition, kind: "endpoint" };
}
