import { type DatasetRow, FlywheelError, type Lineage, SPLITS, type TrainingMessage } from "@flywheel/protocol";

const ROLES = ["system", "user", "assistant", "tool"];

/** A row from outside, checked member by member. @throws FlywheelError `invalid_request` that says where it is wrong */
export function readRow(value: unknown, place: string): DatasetRow {
  const row = value as Record<string, unknown> | null;
  const check = (holds: boolean, rule: string): void => {
    if (!holds) throw new FlywheelError("invalid_request", { reason: `${place}: ${rule}` });
  };
  check(typeof row === "object" && row !== null, "is not an object");
  const { id, kind, split, messages, weight = 1, lineage } = row!;
  check(typeof id === "string" && id !== "" && id.length <= 200, "`id` must be a string");
  check(
    SPLITS.some((one) => one === split),
    `\`split\` must be one of ${SPLITS.join(", ")}`,
  );
  check(
    Array.isArray(messages) && messages.length > 0 && messages.every(isMessage),
    "`messages` must be a list of messages with `role` and `content`",
  );
  check(typeof weight === "number" && weight >= 0 && weight <= 1e6, "`weight` must be a number of 0 or more");
  check(isLineage(lineage), "`lineage` must have generation_ids, event_ids and user_id");
  const common = { id, split, kind, messages, weight, lineage } as Record<string, unknown>;
  const text = (name: string): string => {
    check(typeof row![name] === "string", `\`${name}\` must be a string`);
    return row![name] as string;
  };
  if (kind === "example")
    return {
      ...common,
      completion: text("completion"),
      response_schema: row!["response_schema"] ?? null,
    } as unknown as DatasetRow;
  if (kind === "preference")
    return { ...common, chosen: text("chosen"), rejected: text("rejected") } as unknown as DatasetRow;
  check(kind === "rating", "`kind` must be example, preference or rating");
  check(typeof row!["desirable"] === "boolean", "`desirable` must be true or false");
  return { ...common, completion: text("completion"), desirable: row!["desirable"] } as unknown as DatasetRow;
}

function isMessage(value: unknown): value is TrainingMessage {
  const { role, content } = (value ?? {}) as Record<string, unknown>;
  return typeof content === "string" && ROLES.includes(role as string);
}

function isLineage(value: unknown): value is Lineage {
  const { generation_ids, event_ids, user_id } = (value ?? {}) as Record<string, unknown>;
  const texts = (list: unknown) => Array.isArray(list) && list.every((one) => typeof one === "string");
  return texts(generation_ids) && texts(event_ids) && typeof user_id === "string";
}
