import { eventId } from "./event-id.ts";
import type { Generation } from "./generation.ts";
import type { DefaultEvents, Definitions, Nothing, PayloadOf } from "./payload.ts";
import { createQueue, type QueuedEvent } from "./queue.ts";

/**
 * - `granted`: events are sent, and what cannot be sent is kept for the next visit
 * - `denied`: nothing is sent or kept
 * - `pending`: events wait in memory until the user has said which
 */
export type Consent = "granted" | "denied" | "pending";

export interface ClientOptions {
  /** Where Flywheel answers, such as `https://llm.example.com`; with or without `/v1`. */
  url: string;
  /** In a page a publishable key, `fw_pub_…`; on a server any key. */
  key: string;
  /** @default "pending"; "denied" where the browser sends a Global Privacy Control signal */
  consent?: Consent;
  /** Who the end user is, in your own terms. Better sent by your server with the call itself. */
  user?: string;
  /** @default 2000 */
  flushMs?: number;
  /** The most that waits; the oldest go. @default 500 */
  maxQueue?: number;
  /** Told of what the server refused for good, and of what could not be sent yet. */
  onError?: (error: Error) => void;
}

export interface Client<D = DefaultEvents> {
  /** Tell what the user did with an answer. Returns the event's id; "" where the user denied consent. */
  track<N extends keyof D & string>(
    generation: Generation,
    name: N,
    ...payload: Nothing extends PayloadOf<D[N]> ? [payload?: PayloadOf<D[N]>] : [payload: PayloadOf<D[N]>]
  ): string;
  consent(answer: Consent): void;
  /** Send what waits now. Resolves when all is sent, or sending failed and will be tried again. */
  flush(): Promise<void>;
  /** Send what waits and let go of timers and listeners. */
  close(): Promise<void>;
}

const BATCH = 20;
/** Under the 64 KB that a browser takes from a page that is going away. */
const BATCH_BYTES = 60_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
const PREFIX = "flywheel.event.";

/**
 * Events are sent in batches, at once where the page goes away, and again after a while where it fails: an event has an
 * id, so it counts once however often it is sent.
 */
export function createClient<const D extends Definitions | DefaultEvents = DefaultEvents>(
  options: ClientOptions,
): Client<D> {
  const { key, flushMs = 2000, maxQueue = 500, onError = () => {} } = options;
  const page = typeof document === "undefined" ? undefined : document;
  const address = `${options.url.replace(/(\/v1)?\/*$/, "")}/events`;
  const queue = createQueue(page && storageOf(), PREFIX, maxQueue);
  const isPublishable = key.startsWith("fw_pub_");
  let state: Consent = options.consent ?? (page && isPrivate() ? "denied" : "pending");
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending: Promise<void> | undefined;
  let failures = 0;

  function schedule(ms: number): void {
    if (state !== "granted" || timer !== undefined || queue.list().length === 0) return;
    timer = setTimeout(() => void flush(), ms);
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    return (sending ??= sendAll().finally(() => (sending = undefined)));
  }

  async function sendAll(): Promise<void> {
    for (let batch = nextBatch(); batch.length > 0; batch = nextBatch()) {
      const wait = await send(batch);
      if (wait > 0) return schedule(wait);
    }
  }

  function nextBatch(waiting = queue.list()): QueuedEvent[] {
    if (state !== "granted") return [];
    let bytes = 0;
    const beyond = waiting.findIndex(
      (event, i) => i === BATCH || ((bytes += JSON.stringify(event).length * 2) > BATCH_BYTES && i > 0),
    );
    return waiting.slice(0, beyond < 0 ? waiting.length : beyond);
  }

  const bodyOf = (events: readonly QueuedEvent[]) => JSON.stringify(isPublishable ? { key, events } : { events });

  /** Milliseconds until it should be tried again; 0 = the server has spoken. */
  async function send(batch: readonly QueuedEvent[]): Promise<number> {
    let asked = 0;
    try {
      const response = await fetch(address, {
        method: "POST",
        keepalive: true,
        // Plain text with the key inside needs no question beforehand from another origin.
        headers: isPublishable
          ? { "content-type": "text/plain" }
          : { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: bodyOf(batch),
      });
      const answer = (await response.json().catch(() => ({}))) as {
        refused?: { message: string }[];
        error?: { message: string };
      };
      if (response.ok || isFinal(response.status)) {
        failures = 0;
        queue.remove(batch);
        for (const { message } of answer.refused ?? (answer.error ? [answer.error] : [])) onError(new Error(message));
        return 0;
      }
      asked = Number(response.headers.get("retry-after")) * 1000;
      onError(new Error(answer.error?.message ?? `${address} answered ${response.status}`));
    } catch (error) {
      onError(error as Error);
    }
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++);
    return Math.max(asked || 0, wait * (0.5 + Math.random() / 2));
  }

  /** The page may not live to see an answer: what was sent waits on, and is one event if it is sent again. */
  function sendLast(): void {
    let waiting = queue.list();
    for (let batch = nextBatch(waiting); batch.length > 0; batch = nextBatch(waiting)) {
      if (!navigator.sendBeacon(address, bodyOf(batch))) return;
      waiting = waiting.slice(batch.length);
    }
  }

  const listeners: [target: EventTarget, type: string, listener: () => void][] = page
    ? [
        [page, "visibilitychange", () => page.visibilityState === "hidden" && isPublishable && sendLast()],
        [globalThis, "pagehide", () => isPublishable && sendLast()],
        [globalThis, "online", () => void flush()],
      ]
    : [];
  for (const [target, type, listener] of listeners) target.addEventListener(type, listener);

  function consent(answer: Consent): void {
    state = answer;
    if (state === "granted") queue.keep();
    if (state === "denied") queue.clear();
    schedule(0);
  }
  consent(state);

  return {
    track(generation, name, ...[payload = {}]) {
      if (state === "denied") return "";
      const time = Date.now();
      const { user } = options;
      const event: QueuedEvent = { id: eventId(time), name, generation, time, payload, consent: "granted" };
      queue.add(user === undefined ? event : { ...event, user });
      schedule(failures > 0 ? FIRST_WAIT_MS * 2 ** failures : flushMs);
      return event.id;
    },
    consent,
    flush,
    async close() {
      await flush();
      clearTimeout(timer);
      for (const [target, type, listener] of listeners) target.removeEventListener(type, listener);
    },
  };
}

/** The server would say the same again. A key that is not good (yet) may become so, as may a server that is busy. */
const isFinal = (status: number): boolean => status >= 400 && status < 500 && ![401, 408, 429].includes(status);

const isPrivate = (): boolean => (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true;

/** Asking for it may already be forbidden. */
function storageOf(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
