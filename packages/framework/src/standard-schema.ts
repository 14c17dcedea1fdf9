/**
 * A schema of a validation library: Zod 4.2, Valibot (through `toStandardJsonSchema` of `@valibot/to-json-schema`), ArkType
 * 2.1.28, and whatever else says itself as a JSON Schema as https://standardschema.dev/json-schema asks for.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    /** For the type checker alone: never there when it runs. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/**
 * A JSON Schema (draft 2020-12) as it is, where it comes from elsewhere: a file, or `flywheel pydantic`.
 *
 * @example
 * import triage from "./triage.schema.json";
 * export default defineEndpoint({
 *   output: jsonSchema<Triage>(triage),
 *   prompt: (message: string) => message,
 * });
 */
export function jsonSchema<T = unknown>(schema: boolean | object): StandardSchema<T> {
  const same = () => schema;
  const standard = { version: 1, vendor: "flywheel", jsonSchema: { input: same, output: same } } as const;
  return { "~standard": standard };
}
