/** One event of a server-sent event stream. */
export interface ServerSentEvent {
  /** Value of `event:`, or "". */
  event: string;
  /** All `data:` lines, joined by line feeds. */
  data: string;
}

/**
 * Read a whole event stream (WHATWG HTML §9.2.6), with two liberties a log wants: an unterminated last event counts,
 * since a provider that died in the middle still said it, and events without data are left out.
 */
export function readEvents(text: string): ServerSentEvent[] {
  const events: ServerSentEvent[] = [];
  let event = "";
  let data: string[] = [];
  const dispatch = (): void => {
    if (data.length > 0) events.push({ event, data: data.join("\n") });
    event = "";
    data = [];
  };
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/)) {
    if (line === "") dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
  }
  dispatch();
  return events;
}
