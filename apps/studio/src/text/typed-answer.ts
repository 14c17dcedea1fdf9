import { stepsOf } from "./json.ts";

/** What an endpoint has said of its output so far. */
export interface TypedAnswer {
  value: unknown;
  /** JSON Pointers of what does not change any more. */
  finals: Set<string>;
}

/** One event of a streamed output, as `POST /endpoints/<name>` sends it: `partial` or `final`. */
export type TypedStep =
  | { type: "value"; path: string; value: unknown }
  | { type: "append"; path: string; append: string }
  | { type: "final"; path: string };

/** The answer after one more step; it is changed in place. A step that points nowhere changes nothing. */
export function takeStep(answer: TypedAnswer, step: TypedStep): TypedAnswer {
  if (step.type === "final") {
    answer.finals.add(step.path);
    return answer;
  }
  const holder = { root: answer.value };
  const steps = ["root", ...stepsOf(step.path)];
  const last = steps.pop()!;
  let at: unknown = holder;
  for (const name of steps) at = isHolder(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  if (isHolder(at)) {
    const before = Object.hasOwn(at, last) ? at[last] : "";
    put(at, last, step.type === "value" ? step.value : `${typeof before === "string" ? before : ""}${step.append}`);
  }
  answer.value = holder.root;
  return answer;
}

const isHolder = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Also for `__proto__`, which an assignment would take for something else. */
function put(holder: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true });
}

export interface FieldProblems {
  /** JSON Pointer of the place, with `*` for a position in a list; "" is the whole answer. */
  path: string;
  count: number;
  /** What was wrong there the last time, in words. */
  example: string;
}

/**
 * Which places of an output were wrong, by the messages of refused answers (`… \`/queue\` must be one of …; it must have the
 * property \`summary\`.`), most often first. A place counts once an answer.
 */
export function problemsByField(messages: readonly string[]): FieldProblems[] {
  const found = new Map<string, FieldProblems>();
  for (const message of messages) {
    const said = message.slice(message.indexOf("`: ") + 3).replace(/\.$/, "");
    const places = new Map(said.split("; ").map((problem) => [placeOf(problem), problem]));
    for (const [path, example] of places) {
      const known = found.get(path);
      found.set(path, { path, count: (known?.count ?? 0) + 1, example });
    }
  }
  return [...found.values()].toSorted((a, b) => b.count - a.count || a.path.localeCompare(b.path));
}

/** Where a problem is: a missing property is at the place where it should stand. */
function placeOf(problem: string): string {
  const path = /^`(\/[^`]*)`/.exec(problem)?.[1] ?? "";
  const missing = /must have the property `([^`]+)`/.exec(problem)?.[1];
  const place = missing === undefined ? path : `${path}/${missing}`;
  return place.replaceAll(/\/\d+(?=\/|$)/g, "/*");
}
