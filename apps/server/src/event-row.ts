import type { Redactor } from "@flywheel/guard";
import type { Config, EventHead, EventRow } from "@flywheel/protocol";
import { signalsOf } from "@flywheel/tuning/signals";

const utf8 = new TextDecoder();

/** One row from an event's record: redacted as generations are, and then understood. */
export function eventRow(head: EventHead, rawPayload: Uint8Array, config: Config, redactor: Redactor): EventRow {
  const payload = redactor.body(utf8.decode(rawPayload)).text;
  const definition = Object.hasOwn(config.events, head.name) ? config.events[head.name] : undefined;
  const signals = signalsOf(definition, JSON.parse(payload) as Record<string, unknown>);
  return { ...head, user_id: redactor.text(head.user_id).text, payload, signals };
}
