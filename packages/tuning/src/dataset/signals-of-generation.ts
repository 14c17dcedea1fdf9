import type { EventRow, Signal } from "@flywheel/protocol";

/** A signal with the event that said it. */
export interface HeardSignal {
  signal: Signal;
  event: EventRow;
}

/**
 * What counts of all that was said of one generation: of the same kind of event by the same user, the last word. Events
 * come late and out of order, so the time at which it was said decides, not when it arrived.
 */
export function lastWords(events: readonly EventRow[]): { heard: HeardSignal[]; superseded: number } {
  const latest = new Map<string, EventRow>();
  for (const event of events) {
    const key = `${event.name}\n${event.user_id}`;
    const other = latest.get(key);
    if (!other || isLater(event, other)) latest.set(key, event);
  }
  const kept = [...latest.values()].toSorted((a, b) => (isLater(a, b) ? 1 : -1));
  const heard = kept.flatMap((event) => event.signals.map((signal) => ({ signal, event })));
  return { heard, superseded: events.length - kept.length };
}

function isLater(a: EventRow, b: EventRow): boolean {
  if (a.time !== b.time) return a.time > b.time;
  return a.received === b.received ? a.id > b.id : a.received > b.received;
}
