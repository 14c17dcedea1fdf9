/** What a field of a payload holds; a `?` at the end makes it optional, a list is one of its words. */
export type FieldSpec = `${"string" | "number" | "boolean" | "generation" | "json"}${"" | "?"}` | readonly string[];

// oxlint-disable-next-line typescript/no-generated-empty-object-type -- there is nothing that must be said
export type Nothing = Record<never, never>;

/** What `defineEvents` of the project's `events.ts` returns, as far as a client needs to know it. */
export type Definitions = Readonly<Record<string, { readonly payload?: Readonly<Record<string, FieldSpec>> }>>;

interface Values {
  string: string;
  number: number;
  boolean: boolean;
  generation: string;
  json: unknown;
}

type ValueOf<Spec> = Spec extends readonly (infer Word)[]
  ? Word
  : Spec extends `${infer Name extends keyof Values}?`
    ? Values[Name]
    : Spec extends keyof Values
      ? Values[Spec]
      : never;

type OptionalKeys<Fields> = { [K in keyof Fields]: Fields[K] extends `${string}?` ? K : never }[keyof Fields];

type FieldsOf<Fields> = { [K in Exclude<keyof Fields, OptionalKeys<Fields>>]: ValueOf<Fields[K]> } & {
  [K in OptionalKeys<Fields>]?: ValueOf<Fields[K]>;
};

/** What is told with an event of this definition. */
export type PayloadOf<Definition> = Definition extends { readonly payload: infer Fields } ? FieldsOf<Fields> : Nothing;

/** What every project understands that has no `events.ts`. */
export interface DefaultEvents {
  copied: Nothing;
  thumbs: { payload: { value: readonly ["up", "down"] } };
  edited: { payload: { final: "json" } };
  regenerated: Nothing;
  chosen: { payload: { over: "generation" } };
}
