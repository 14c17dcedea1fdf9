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
  type TargetInput,
  type TimeoutsInput,
} from "./config.ts";
export { BUILT_IN_PATTERNS, type BuiltInPattern, type Pattern } from "./patterns.ts";
