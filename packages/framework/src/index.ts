export {
  type CacheInput,
  type ConfigInput,
  defineConfig,
  type LocalModelInput,
  type ModelName,
  type PatternInput,
  type PriceInput,
  type ProviderInput,
  type RetentionInput,
  type RouteInput,
  type RunnerInput,
  type TargetInput,
  type TimeoutsInput,
} from "./config.ts";
export { defineEndpoint, type EndpointDefinition, type EndpointInput, type Message } from "./endpoint.ts";
export { defineEvents, type EventField, type EventInput } from "./events.ts";
export { BUILT_IN_PATTERNS, type BuiltInPattern, type Pattern } from "./patterns.ts";
export { jsonSchema, type StandardSchema } from "./standard-schema.ts";
export {
  type CodeInput,
  defineEval,
  type EvalDefinition,
  type EvalInput,
  type EvalRow,
  type EvaluatorInput,
  type GateInput,
  type GateRule,
} from "./eval.ts";
