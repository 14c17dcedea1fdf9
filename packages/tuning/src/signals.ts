import type { EventDefinition, Signal } from "@flywheel/protocol";

/**
 * What an event means for training, as its project declares it. A payload that does not hold what the declaration names
 * (it was sent before a change of `events.ts`, say) means nothing; it is kept all the same.
 */
export function signalsOf(
  definition: EventDefinition | undefined,
  payload: Readonly<Record<string, unknown>>,
): Signal[] {
  if (!definition) return [];
  const signals: Signal[] = [];
  const value = rewardOf(definition.reward, payload);
  if (value !== undefined) signals.push({ type: "reward", value });
  const labels = labelsOf(definition.label ?? [], payload);
  if (Object.keys(labels).length > 0) signals.push({ type: "label", labels });
  const text = textOf(definition.demonstration, payload);
  if (text !== undefined) signals.push({ type: "demonstration", text });
  const over = definition.preference === undefined ? undefined : payload[definition.preference];
  if (typeof over === "string" && over !== "") signals.push({ type: "preference", over });
  return signals;
}

function rewardOf(reward: EventDefinition["reward"], payload: Readonly<Record<string, unknown>>): number | undefined {
  if (reward === undefined || typeof reward === "number") return reward;
  const said = payload[reward.field];
  if (!reward.values) return typeof said === "number" ? Math.max(-1, Math.min(1, said)) : undefined;
  return typeof said === "string" && Object.hasOwn(reward.values, said) ? reward.values[said] : undefined;
}

function labelsOf(
  fields: readonly string[],
  payload: Readonly<Record<string, unknown>>,
): Record<string, string | number | boolean> {
  const labels: Record<string, string | number | boolean> = {};
  for (const field of fields) {
    const said = payload[field];
    if (typeof said === "string" || typeof said === "number" || typeof said === "boolean") labels[field] = said;
  }
  return labels;
}

/** An answer that is not text is what the model should have written: its JSON. */
function textOf(field: string | undefined, payload: Readonly<Record<string, unknown>>): string | undefined {
  const said = field === undefined ? undefined : payload[field];
  if (said === undefined || said === null) return undefined;
  return typeof said === "string" ? said : JSON.stringify(said);
}
