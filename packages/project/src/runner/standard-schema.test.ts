import { deepEqual, match } from "node:assert/strict";
import { describe, test } from "node:test";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import { jsonSchema } from "flywheel";
import * as v from "valibot";
import { z } from "zod";
import { saySchema } from "./standard-schema.ts";

const closedObject = (properties: object, required: string[]) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

/** The JSON Schema that was said, without its dialect. */
function said(schema: unknown, side: "input" | "output" = "output"): unknown {
  const answer = saySchema(schema, side);
  if ("problem" in answer) return answer;
  const { $schema: _, ...rest } = JSON.parse(answer.json) as Record<string, unknown>;
  return rest;
}

describe("a schema of a validation library", () => {
  const queue = ["billing", "cards"] as const;
  const zod = z.object({ queue: z.enum(queue), tags: z.array(z.string().max(9)).optional() });
  const valibot = v.object({ queue: v.picklist(queue), tags: v.optional(v.array(v.pipe(v.string(), v.maxLength(9)))) });
  const arktype = type({ queue: "'billing' | 'cards'", "tags?": "(string <= 9)[]" });
  const tags = { type: "array", items: { type: "string", maxLength: 9 } };

  test("says an answer as a closed object, whichever library it is of", () => {
    deepEqual(said(zod), closedObject({ queue: { type: "string", enum: queue }, tags }, ["queue"]));
    deepEqual(said(toStandardJsonSchema(valibot)), closedObject({ queue: { type: "string", enum: queue }, tags }, ["queue"])); // prettier-ignore
    deepEqual(said(arktype), closedObject({ queue: { enum: queue }, tags }, ["queue"]));
  });

  test("is closed within as well, but not where its parts know only their own names", () => {
    deepEqual(said(type({ inner: { "a?": "1" } }).array()), {
      type: "array",
      items: closedObject({ inner: { type: "object", properties: { a: { const: 1 } }, additionalProperties: false } }, [
        "inner",
      ]),
    });
    const both = v.intersect([v.object({ a: v.string() }), v.object({ b: v.string() })]);
    deepEqual(said(toStandardJsonSchema(both)), {
      allOf: ["a", "b"].map((name) => ({
        type: "object",
        properties: { [name]: { type: "string" } },
        required: [name],
      })),
    });
  });

  test("takes what a client may leave out, and gives what is filled in", () => {
    const schema = z.object({ tone: z.string().default("plain") });
    const properties = { tone: { type: "string", default: "plain" } };
    deepEqual(said(schema, "input"), { type: "object", properties });
    deepEqual(said(schema, "output"), closedObject(properties, ["tone"]));
  });

  test("may be a JSON Schema, which stays as it is", () => {
    const schema = { type: "object", properties: { a: { type: "string" } } };
    deepEqual(said(jsonSchema(schema)), schema);
  });

  const refused: [what: string, schema: unknown, problem: RegExp, suggestion: RegExp][] = [
    ["a check in code", z.object({ a: z.object({ b: z.string().refine((text) => text !== "") }) }), /at `a\.b`: what `refine`/, /JSON Schema/], // prettier-ignore
    ["a transformation", z.string().transform(Number), /Transforms cannot be represented/, /JSON Schema/],
    ["a date of Zod", z.object({ at: z.date() }), /Date cannot be represented/, /JSON Schema/],
    ["a date of ArkType", type({ at: "Date" }), /`Date` has no JSON Schema/, /JSON Schema/],
    ["a predicate of ArkType", type("string").narrow((text) => text !== ""), /what `narrow` checks/, /JSON Schema/],
    ["a check of Valibot", toStandardJsonSchema(v.pipe(v.string(), v.check((text) => text !== ""))), /"check" action/, /JSON Schema/], // prettier-ignore
    ["a bare schema of Valibot", valibot, /`valibot` does not say itself/, /toStandardJsonSchema/],
    ["a bare JSON Schema", { type: "string" }, /no Standard Schema/, /`jsonSchema\(\{ … \}\)`/],
    ["nothing one could use", null, /no Standard Schema/, /defineEndpoint<Input, Output>/],
    ["more than anyone means", jsonSchema({ enum: ["a".repeat(1_000_000)] }), /1000013 characters/, /smaller/],
  ];
  for (const [what, schema, problem, suggestion] of refused)
    test(`says what it cannot say: ${what}`, () => {
      const answer = saySchema(schema, "output") as { problem: string; suggestion: string };
      match(answer.problem ?? JSON.stringify(answer), problem);
      match(answer.suggestion, suggestion);
    });
});
