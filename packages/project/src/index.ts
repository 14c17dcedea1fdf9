export { loadConfig, type LoadOptions } from "./load.ts";
export { type ConfigChange, watchConfig } from "./watch.ts";
