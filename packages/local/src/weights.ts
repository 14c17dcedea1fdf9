import type { LlamaModel } from "node-llama-cpp";
import { fileFingerprint } from "./fingerprint.ts";
import type { GgufHeader } from "./gguf.ts";
import type { Runtime } from "./runtime.ts";

/** Weights in memory, held by every model that is served from their file: adapters differ, weights do not. */
export interface Weights {
  model: LlamaModel;
  /** Freed when nobody holds them any more. */
  release(): Promise<void>;
}

interface Held {
  loading: Promise<LlamaModel>;
  holders: number;
}

/** By the identity of the file's bytes. */
const inMemory = new Map<string, Held>();

/** Weights up to this size are checked for NaN and the like while loading; it would take long for large ones. */
const CHECKED_BYTES = 256 * 2 ** 20;

/** Never memory-mapped: a file truncated in place under a map would kill the process. */
export async function holdWeights(runtime: Runtime, path: string, { fileBytes }: GgufHeader): Promise<Weights> {
  const key = fileFingerprint(path) ?? path;
  let held = inMemory.get(key);
  if (!held) {
    const checkTensors = fileBytes <= CHECKED_BYTES;
    held = { loading: runtime.llama.loadModel({ modelPath: path, useMmap: false, checkTensors }), holders: 0 };
    inMemory.set(key, held);
  }
  held.holders++;
  const release = async () => {
    if (--held.holders > 0) return;
    inMemory.delete(key);
    await (await held.loading).dispose();
  };
  try {
    return { model: await held.loading, release };
  } catch (error) {
    inMemory.delete(key);
    throw error;
  }
}
