/**
 * What was said in OpenAI's responses to one project. Clients refer to it by id instead of saying it again, `@ai-sdk/openai`
 * by default, and a provider of another dialect cannot know these ids.
 */
export interface OutputItems {
  remember(project: string, items: readonly Item[]): void;
  /** The request with the items in place of the references to them; those not known stay what they are. */
  resolve(project: string, request: Item): Item;
}

type Item = Readonly<Record<string, unknown>>;

/** Characters, in memory of each gateway process; the oldest goes first. */
const MOST = 16 * 1024 * 1024;

export function createOutputItems(most = MOST): OutputItems {
  const known = new Map<string, string>();
  let size = 0;
  const forget = (key: string): void => {
    size -= known.get(key)?.length ?? 0;
    known.delete(key);
  };
  const find = (project: string, item: unknown): unknown => {
    const { type, id } = (item ?? {}) as Item;
    const text = type === "item_reference" ? known.get(keyOf(project, id)) : undefined;
    return text === undefined ? item : (JSON.parse(text) as unknown);
  };
  return {
    remember(project, items) {
      for (const item of items) {
        const key = keyOf(project, item["id"]);
        forget(key);
        const text = JSON.stringify(item);
        known.set(key, text);
        size += text.length;
      }
      for (const key of known.keys()) {
        if (size <= most) break;
        forget(key);
      }
    },
    resolve(project, request) {
      const { input } = request;
      return Array.isArray(input) ? { ...request, input: input.map((item) => find(project, item)) } : request;
    },
  };
}

const keyOf = (project: string, id: unknown): string => `${project}\n${String(id)}`;
