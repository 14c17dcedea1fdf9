import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Config } from "@flywheel/protocol";

/** The bundled model. */
export const SPARK = fileURLToPath(new URL("../../../models/spark/spark.gguf", import.meta.url));

/** `local/spark` is always there, unless the project names a file of its own for it. */
export function withSpark(config: Config): Config {
  return existsSync(SPARK) ? { ...config, local: { spark: { path: SPARK }, ...config.local } } : config;
}
