/** A JSON Schema (draft 2020-12), as our generator writes it from a type. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** A message as a project's prompt says it. */
export interface PromptMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** An input and the output one wishes for it, shown to the model before the real input. */
export interface EndpointExample {
  readonly input: unknown;
  readonly output: unknown;
}

/** One file of `endpoints/` as it is served: all of it but the prompt, which only the user's code can say. */
export interface Endpoint {
  /** Its path under `endpoints/`, without the ending: `triage`, `support/triage`. */
  readonly name: string;
  /** Where it is written, relative to the project. */
  readonly file: string;
  /** The documentation comment above the definition, or "". */
  readonly description: string;
  /** What answers: a model or a route, as a client would name it. */
  readonly model: string;
  readonly input: JsonSchema;
  /** `null`: the answer is text. */
  readonly output: JsonSchema | null;
  readonly examples: readonly EndpointExample[];
  readonly temperature?: number;
  readonly max_output_tokens?: number;
  /** Whether an answer may come from the cache; absent: as the project's configuration says. */
  readonly cache?: boolean;
}

/** The endpoints of a project as of one state of its files. */
export interface EndpointBuild {
  /** Hash of everything they were made from; the same files give the same id. */
  readonly id: string;
  readonly endpoints: readonly Endpoint[];
}

/** What is wrong with a project's code, where one can point at it. Lines and columns begin at 1. */
export interface Diagnostic {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  /** What to write instead. */
  readonly suggestion?: string;
}

/** For people: `endpoints/triage.ts:12:3: … Write …`. */
export function diagnosticLine({ file, line, column, message, suggestion }: Diagnostic): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  const more = suggestion === undefined ? "" : `${/[.?!:]$/.test(message) ? "" : "."} ${suggestion}`;
  return `${place}: ${message}${more}`;
}
