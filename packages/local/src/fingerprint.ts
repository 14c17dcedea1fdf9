import { statSync } from "node:fs";
import type { LocalModelConfig } from "@flywheel/protocol";

/**
 * What a model's answers depend on: the file as it is on the disk now, by inode, size and time of change, and the options
 * it is loaded with. Costs one `stat`. `undefined` where there is no such file.
 */
export function modelFingerprint({ path, context_length }: LocalModelConfig): string | undefined {
  const file = statSync(path, { throwIfNoEntry: false });
  if (!file?.isFile()) return undefined;
  return [path, file.dev, file.ino, file.size, file.mtimeMs, context_length].join(":");
}
