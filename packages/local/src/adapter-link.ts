import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Runs `load` with a path to an adapter that nothing has been loaded from: the library keeps adapters by path for as long
 * as their model is in memory, and would give the old one for a file that has changed since.
 */
export async function withFreshPath<T>(adapter: string | undefined, load: (path?: string) => Promise<T>): Promise<T> {
  if (adapter === undefined) return load();
  const folder = await mkdtemp(join(tmpdir(), "flywheel-adapter-"));
  try {
    const link = join(folder, "adapter.gguf");
    await symlink(adapter, link);
    return await load(link);
  } finally {
    await rm(folder, { recursive: true });
  }
}
