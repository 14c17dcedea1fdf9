import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const BESIDE = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

/** A folder of third-party test data: under `FLYWHEEL_TEST_DATA`, or in `shared/data` beside the repository. */
export function sharedData(name: string): string | undefined {
  const path = `${process.env.FLYWHEEL_TEST_DATA ?? BESIDE}/${name}`;
  return existsSync(path) ? path : undefined;
}
