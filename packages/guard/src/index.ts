export type { Redacted } from "./edits.ts";
export { createRedactor, type Redactor } from "./redactor.ts";
