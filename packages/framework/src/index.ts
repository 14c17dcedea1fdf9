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
} from "./config.ts";
export { BUILT_IN_PATTERNS, type BuiltInPattern, type Pattern } from "./patterns.ts";
