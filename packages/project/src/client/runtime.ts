// The part of a typed client that is the same for every project: `flywheel types` copies it as it is into the file that
// it writes, which is compiled elsewhere, under other rules. So it imports nothing and asks for nothing but `fetch`.

/** Where the endpoints are, and who asks. */
export interface ClientOptions {
  /** @default "http://localhost:4400" */
  baseURL?: string;
  /** A key of Flywheel's (`fw_…`). Whoever has it can use it: keep it on your server. */
  key: string;
  /** In place of the global `fetch`. */
  fetch?: typeof globalThis.fetch;
}

/** What one call may have besides its input. */
export interface CallOptions {
  /** Ends the call, and the model's work with it. */
  signal?: AbortSignal;
  /** Sent along, such as `{ "flywheel-cache": "off" }`. */
  headers?: Record<string, string>;
}

/** An answer, and what events about it are reported with. */
export interface Answer<Output> {
  output: Output;
  generationId: string;
  /** Lets a browser report events about this answer without a key; "" where the server gives none. */
  generationToken: string;
}

/** A value that is still being written: what is there may be incomplete, texts included. */
export type Partially<Value> = Value extends string
  ? string
  : Value extends readonly (infer Element)[]
    ? Partially<Element>[]
    : Value extends object
      ? { [Key in keyof Value]?: Partially<Value[Key]> }
      : Value;

/** How far an answer has come. What was handed out before does not change. */
export interface Update<Output> {
  value: Partially<Output>;
  /** JSON Pointers of what has become final with this update: `/queue`, `/tags/0`; "" is all of it. */
  final: string[];
}

/** An answer that can be watched while it is written, once. */
export interface AnswerStream<Output> extends AsyncIterable<Update<Output>> {
  /** The whole answer, once the stream has been read to its end. */
  readonly answer: Promise<Answer<Output>>;
}

/** An endpoint of the project. */
export interface EndpointCall<Input, Output> {
  (input: Input, options?: CallOptions): Promise<Output>;
  /** The same, with the generation that it is. */
  answer(input: Input, options?: CallOptions): Promise<Answer<Output>>;
  stream(input: Input, options?: CallOptions): AnswerStream<Output>;
}

/** What the server says when it does not answer. */
export class EndpointError extends Error {
  readonly status: number;
  /** Such as `invalid_request`, `output_invalid`, `invalid_key`. */
  readonly code: string;
  /** What of the input is at fault, as a JSON Pointer, where that is known. */
  readonly param: string | null;
  readonly generationId: string | null;

  constructor(status: number, said: WireError, generationId: string | null) {
    super(said.message);
    this.name = "EndpointError";
    this.status = status;
    this.code = said.code;
    this.param = said.param;
    this.generationId = generationId;
  }
}

interface WireError {
  message: string;
  code: string;
  param: string | null;
}

type ServerEvent =
  | { event: "partial"; data: { path: string; value: unknown } | { path: string; append: string } }
  | { event: "final"; data: { path: string } }
  | { event: "done"; data: { output: unknown } }
  | { event: "error"; data: { error: WireError } };

const GENERATION_ID = "flywheel-generation-id";

/** A function for the endpoint of this name. */
export function endpointCall<Input, Output>(name: string, options: ClientOptions): EndpointCall<Input, Output> {
  async function post(input: Input, call: CallOptions, accept: string): Promise<Response> {
    const base = (options.baseURL ?? "http://localhost:4400").replace(/\/+$/, "").replace(/\/v1$/, "");
    const path = name.split("/").map(encodeURIComponent).join("/");
    const response = await (options.fetch ?? globalThis.fetch)(`${base}/endpoints/${path}`, {
      method: "POST",
      headers: { ...call.headers, "content-type": "application/json", accept, authorization: `Bearer ${options.key}` },
      body: JSON.stringify(input),
      signal: call.signal ?? null,
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  async function answer(input: Input, call: CallOptions = {}): Promise<Answer<Output>> {
    const response = await post(input, call, "application/json");
    return answerOf(response, (await response.json()) as Output);
  }

  function stream(input: Input, call: CallOptions = {}): AnswerStream<Output> {
    return answerStream<Output>(() => post(input, call, "text/event-stream"));
  }

  const ask = async (input: Input, call?: CallOptions) => (await answer(input, call)).output;
  return Object.assign(ask, { answer, stream });
}

async function errorOf(response: Response): Promise<EndpointError> {
  const unknown = { message: `The server answered with status ${response.status}`, code: "unknown", param: null };
  const body = (await response.json().catch(() => null)) as { error?: WireError } | null;
  return failed(response, body?.error ?? unknown);
}

function failed(response: Response, said: WireError): EndpointError {
  return new EndpointError(response.status, said, response.headers.get(GENERATION_ID));
}

function answerOf<Output>({ headers }: Response, output: Output): Answer<Output> {
  return {
    output,
    generationId: headers.get(GENERATION_ID) ?? "",
    generationToken: headers.get("flywheel-generation-token") ?? "",
  };
}

function answerStream<Output>(post: () => Promise<Response>): AnswerStream<Output> {
  const answer = later<Answer<Output>>();

  async function* updates(): AsyncGenerator<Update<Output>> {
    try {
      const response = await post();
      let value: unknown;
      for await (const events of eventsOf(response)) {
        const owned = new Set<object>();
        const final: string[] = [];
        for (const { event, data } of events) {
          if (event === "error") throw failed(response, data.error);
          if (event === "done") {
            answer.resolve(answerOf(response, data.output as Output));
            yield { value: data.output as Partially<Output>, final };
            return;
          }
          if (event === "final") final.push(data.path);
          else value = changed(value, data, owned);
        }
        yield { value: value as Partially<Output>, final };
      }
      throw failed(response, { message: "The answer broke off", code: "broken_off", param: null });
    } catch (error) {
      answer.reject(error);
      throw error;
    } finally {
      // Whoever stops watching will not see the end.
      answer.reject(new Error("The stream was left before its end"));
    }
  }

  const iterator = updates();
  return { answer: answer.promise, [Symbol.asyncIterator]: () => iterator };
}

function later<Value>() {
  let resolve!: (value: Value) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Not everybody asks for it.
  promise.catch(() => {});
  return { promise, resolve, reject };
}

/** The events of an answer, as many at a time as came together. */
async function* eventsOf(response: Response): AsyncGenerator<ServerEvent[]> {
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let pending = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (pending + decoder.decode(value, { stream: true })).split("\n\n");
      pending = blocks.pop() ?? "";
      const events = blocks.flatMap(eventOf);
      if (events.length > 0) yield events;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** One, or none where it is a comment. */
function eventOf(block: string): ServerEvent[] {
  const field = (name: string) =>
    block
      .split("\n")
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const data = field("data");
  return data === undefined ? [] : [{ event: field("event"), data: JSON.parse(data) as unknown } as ServerEvent];
}

/** The value after a step. What is not `owned`, because it was handed out, is copied before it is changed. */
function changed(
  before: unknown,
  step: { path: string; value: unknown } | { path: string; append: string },
  owned: Set<object>,
): unknown {
  const names = step.path
    .split("/")
    .slice(1)
    .map((name) => name.replace(/~1/g, "/").replace(/~0/g, "~"));
  const next = (old: unknown) => ("append" in step ? `${old as string}${step.append}` : step.value);
  const last = names.pop();
  if (last === undefined) return next(before);
  const root = own(before, owned);
  let holder = root;
  for (const name of names) {
    const child = own(holder[name], owned);
    put(holder, name, child);
    holder = child;
  }
  put(holder, last, next(holder[last]));
  return root;
}

function own(value: unknown, owned: Set<object>): Record<string, unknown> {
  const known = value as Record<string, unknown>;
  if (owned.has(known)) return known;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...known }) as Record<string, unknown>;
  owned.add(copy);
  return copy;
}

/** A property may be called `__proto__`. */
function put(holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true });
}
