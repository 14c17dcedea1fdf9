import { createHash } from "node:crypto";
import { FlywheelError } from "@flywheel/protocol";

/** A row that was checked. */
export interface EvalExample {
  readonly id: string;
  readonly input: unknown;
  /** `undefined`: nobody knows the right answer. */
  readonly expected: unknown;
  readonly user: string | undefined;
  readonly slices: readonly string[];
}

/** The short hash of any JSON. */
export const hashOf = (value: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(value) ?? "")
    .digest("hex")
    .slice(0, 32);

/**
 * Rows as they stand in a definition or a file. A row of a training dataset (`messages`, `completion`) will do too.
 * Throws `config_invalid` naming the first row that will not.
 */
export function readExamples(rows: readonly unknown[], place: string): EvalExample[] {
  if (rows.length === 0) throw invalid(`${place} holds no rows.`);
  const examples = rows.map((row, index) => readExample(row, `${place}, row ${index + 1}`));
  const ids = new Set<string>();
  return examples.map((example) => {
    let { id } = example;
    for (let again = 2; ids.has(id); again++) id = `${example.id}-${again}`;
    ids.add(id);
    return { ...example, id };
  });
}

/** JSON lines. Throws `config_invalid` with the line at fault. */
export function parseLines(text: string, place: string): unknown[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch (error) {
      throw invalid(`${place}:${index + 1}: ${(error as Error).message}`);
    }
  });
}

function readExample(row: unknown, place: string): EvalExample {
  if (typeof row !== "object" || row === null || Array.isArray(row)) throw invalid(`${place} is not an object.`);
  const { id, input, expected, user, slices, messages, completion, lineage } = row as Record<string, unknown>;
  const asked = input ?? messages;
  if (asked === undefined) throw invalid(`${place} has no \`input\`.`);
  if (slices !== undefined && !(Array.isArray(slices) && slices.every((one) => typeof one === "string")))
    throw invalid(`${place}: \`slices\` must be a list of texts.`);
  const owner = user ?? (lineage as { user_id?: string } | undefined)?.user_id;
  return {
    id: typeof id === "string" && id !== "" ? id : hashOf([asked, expected ?? completion]).slice(0, 12),
    input: asked,
    expected: expected ?? completion,
    user: typeof owner === "string" && owner !== "" ? owner : undefined,
    slices: slices ?? [],
  };
}

const invalid = (reason: string) => new FlywheelError("config_invalid", { reason });
