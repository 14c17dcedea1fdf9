import { type Example, FlywheelError } from "@flywheel/protocol";

/** One value of a field of the wished answers, or each value of it. */
interface FieldSlice {
  field: string;
  /** `*` = each. */
  value: string;
}

/** What `--protect` names: fields of the answers, and datasets. Throws `invalid_request`. */
export function readProtected(protect: readonly string[]): { fields: FieldSlice[]; datasets: string[] } {
  const fields: FieldSlice[] = [];
  const datasets: string[] = [];
  for (const text of protect) {
    const at = text.indexOf("=");
    if (at < 0 && text) datasets.push(text);
    else if (at > 0 && at < text.length - 1) fields.push({ field: text.slice(0, at), value: text.slice(at + 1) });
    else throw new FlywheelError("invalid_request", { reason: `A protected slice is \`field=value\`, \`field=*\` or a dataset, not ${JSON.stringify(text)}.` }); // prettier-ignore
  }
  return { fields, datasets };
}

/** The protected slices that an example belongs to, by its wished answer. */
export function slicesOf({ completion }: Example, fields: readonly FieldSlice[]): string[] {
  const answer = fieldsOf(completion);
  return fields.flatMap(({ field, value }) => {
    const own = Object.hasOwn(answer, field) ? answer[field] : undefined;
    if (typeof own !== "string" && typeof own !== "number" && typeof own !== "boolean") return [];
    return value === "*" || value === String(own) ? [`${field}=${String(own)}`] : [];
  });
}

function fieldsOf(completion: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(completion);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
