/**
 * What a field of an event holds. `generation` = another answer's id or token, `json` = anything but nothing; a `?` at the
 * end makes it optional. A list is one of its words.
 */
export type EventField = `${"string" | "number" | "boolean" | "generation" | "json"}${"" | "?"}` | readonly string[];

/** Something users do with an answer, and what it means for training. What has no meaning is kept all the same. */
export interface EventInput {
  /** What is told with it, by name. */
  payload?: Readonly<Record<string, EventField>>;
  /**
   * How good the answer was, from -1 to 1: always the same, a field that holds a number, or what the words of one field
   * stand for.
   *
   * @example
   * reward: 0.3
   * reward: "score"
   * reward: { value: { up: 1, down: -1 } }
   */
  reward?: number | string | Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Fields that say what the answer should have called something: they are put into an answer that is JSON. */
  label?: string | readonly string[];
  /** The field that holds the better answer. */
  demonstration?: string;
  /** The field that holds the answer over which this one was chosen. */
  preference?: string;
}

/**
 * Declares what users do, in `events.ts`. Events are understood by this declaration alone, when they arrive; no code of
 * the project runs then. The client's types come from it: `createClient<typeof events>(…)`.
 *
 * @example
 * import { defineEvents } from "flywheel";
 *
 * export default defineEvents({
 *   copied: { reward: 0.3 },
 *   thumbs: { payload: { value: ["up", "down"] }, reward: { value: { up: 1, down: -1 } } },
 *   edited: { payload: { final: "string" }, demonstration: "final" },
 *   moved: { payload: { queue: ["billing", "cards", "other"] }, label: "queue" },
 *   chosen: { payload: { over: "generation" }, preference: "over" },
 *   purchased: { payload: { amount: "number" }, reward: 1 },
 * });
 */
export function defineEvents<const Events extends Readonly<Record<string, EventInput>>>(events: Events): Events {
  return events;
}
