/** An event on its way. */
export interface QueuedEvent {
  id: string;
  name: string;
  generation: string;
  time: number;
  payload: object;
  user?: string;
  consent: "granted";
}

/** What waits to be sent, the oldest first. */
export interface Queue {
  add(event: QueuedEvent): void;
  remove(events: readonly QueuedEvent[]): void;
  list(): QueuedEvent[];
  /** From now on what waits outlives the page, and what an earlier page left is taken over. */
  keep(): void;
  clear(): void;
}

/**
 * With `storage` each event has an entry of its own, so that pages open at once do not overwrite each other's; what two
 * of them send is one event to the server. The oldest go where there are more than `most`.
 */
export function createQueue(storage: Storage | undefined, prefix: string, most: number): Queue {
  const events = new Map<string, QueuedEvent>();
  let kept: Storage | undefined;

  /** A storage that is full or forbidden leaves the event in memory. */
  function attempt(work: (storage: Storage) => void): void {
    try {
      if (kept) work(kept);
    } catch {}
  }
  const store = (event: QueuedEvent) => attempt((to) => to.setItem(prefix + event.id, JSON.stringify(event)));
  const forget = (id: string) => {
    events.delete(id);
    attempt((from) => from.removeItem(prefix + id));
  };
  function bound(): void {
    for (const id of events.keys()) {
      if (events.size <= most) return;
      forget(id);
    }
  }

  return {
    add(event) {
      events.set(event.id, event);
      store(event);
      bound();
    },
    remove: (sent) => sent.forEach(({ id }) => forget(id)),
    list: () => [...events.values()],
    keep() {
      kept = storage;
      const own = [...events.values()];
      events.clear();
      attempt((from) => {
        const keys = Array.from({ length: from.length }, (_, i) => from.key(i)!).filter((key) =>
          key.startsWith(prefix),
        );
        for (const key of keys.sort()) {
          try {
            const event = JSON.parse(from.getItem(key)!) as QueuedEvent;
            events.set(event.id, event);
          } catch {
            from.removeItem(key);
          }
        }
      });
      own.forEach((event) => events.set(event.id, event));
      own.forEach(store);
      bound();
    },
    clear() {
      kept = storage;
      [...events.keys()].forEach(forget);
      attempt((from) => {
        const keys = Array.from({ length: from.length }, (_, i) => from.key(i)!);
        for (const key of keys) if (key.startsWith(prefix)) from.removeItem(key);
      });
    },
  };
}
