export { type CompiledSchema, type CompileOptions, compileSchema } from "./compile.ts";
export type { Schema } from "./documents.ts";
export { SchemaError } from "./read.ts";
export type { KeywordAction, KeywordReport } from "./report.ts";
