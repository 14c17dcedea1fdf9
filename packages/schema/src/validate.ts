import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Schema } from "./documents.ts";
import { textTest } from "./linear-pattern.ts";

/** One way in which a value is not what a schema asks for. */
export interface Problem {
  /** JSON Pointer of the place in the value; "" is the value itself. */
  path: string;
  /** What is wrong with it, in words that follow the path: `must be integer`. */
  message: string;
}

/** @returns the problems of a value; none where it is valid */
export type Validator = (value: unknown) => Problem[];

const MOST_PROBLEMS = 20;
/** `code` is asked for, but used only where a validator is written to a file. */
const regExp = Object.assign((source: string) => textTest(source), { code: "textTest" });
/** Digits after the point to which a quotient counts as whole: 4.35 is a multiple of 0.01, though not among doubles. */
const MULTIPLE_DIGITS = 9;

/**
 * What checks values against a schema (draft 2020-12, with formats). Compiled once; asking is fast.
 * @throws Error where the schema itself is none
 */
export function validator(schema: Schema): Validator {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateFormats: true,
    multipleOfPrecision: MULTIPLE_DIGITS,
    logger: false,
    code: { regExp },
  });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  return (value) => {
    if (validate(value)) return [];
    const told = (validate.errors ?? []).map(problemOf);
    return [...new Map(told.map((each) => [`${each.path} ${each.message}`, each])).values()].slice(0, MOST_PROBLEMS);
  };
}

function problemOf({ instancePath, keyword, params, message = "is not valid" }: ErrorObject): Problem {
  return { path: instancePath, message: MESSAGES[keyword]?.(params) ?? message };
}

/** Where the validator's own words leave out what one needs to mend the value. */
const MESSAGES: Readonly<Partial<Record<string, (params: Record<string, unknown>) => string>>> = {
  additionalProperties: (params) => `must not have the property \`${String(params["additionalProperty"])}\``,
  unevaluatedProperties: (params) => `must not have the property \`${String(params["unevaluatedProperty"])}\``,
  required: (params) => `must have the property \`${String(params["missingProperty"])}\``,
  enum: (params) =>
    `must be one of ${(params["allowedValues"] as unknown[]).map((each) => JSON.stringify(each)).join(", ")}`,
  const: (params) => `must be ${JSON.stringify(params["allowedValue"])}`,
};

/** `/message must be string; /tags/0 must be …` */
export function sayProblems(problems: readonly Problem[]): string {
  return problems.map(({ path, message }) => `${path === "" ? "it" : `\`${path}\``} ${message}`).join("; ");
}
