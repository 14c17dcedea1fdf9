import { statSync } from "node:fs";
import type { LocalModelConfig } from "@flywheel/protocol";

/**
 * What a model's answers depend on: the files as they are on the disk now, by inode, size and time of change, and the options
 * it is loaded with. Costs one `stat` a file. `undefined` where there is no such file.
 */
export function modelFingerprint({ path, context_length, adapter }: LocalModelConfig): string | undefined {
  const files = [path, ...(adapter === undefined ? [] : [adapter])].map(fileFingerprint);
  return files.includes(undefined) ? undefined : [...files, context_length].join(":");
}

/** Of one file's bytes. */
export function fileFingerprint(path: string): string | undefined {
  const file = statSync(path, { throwIfNoEntry: false });
  return file?.isFile() ? [path, file.dev, file.ino, file.size, file.mtimeMs].join(":") : undefined;
}
