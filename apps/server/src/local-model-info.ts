import { checkFitness, type LocalHealth, type LocalModelHealth, readGguf } from "@flywheel/local";
import type { LocalModelConfig, LocalModelInfo } from "@flywheel/protocol";

/** What the local-model process says of its models; nothing where it does not run. */
export type LocalHealthOf = () => Promise<readonly LocalModelHealth[]>;

const PATIENCE_MS = 1000;

/** Asks the local-model process wherever it is now; `address` gives "" where it does not run. */
export function localHealth(address: () => { url: string; secret: string }): LocalHealthOf {
  return async () => {
    const { url, secret } = address();
    if (url === "") return [];
    const asked = fetch(`${url}/healthz`, {
      headers: { authorization: `Bearer ${secret}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    // One that is busy or gone is no reason to show nothing of all the others.
    const health = await asked.then((answer) => answer.json() as Promise<LocalHealth>).catch(() => undefined);
    return health?.models ?? [];
  };
}

/** A model file by its header, and by what its process says where it runs. What is wrong with the file is a result. */
export async function localModelInfo(
  { path, context_length }: LocalModelConfig,
  running?: LocalModelHealth,
): Promise<LocalModelInfo & { context_length: number | null }> {
  const state = running?.state ?? "unloaded";
  try {
    const header = await readGguf(path);
    const context = checkFitness(header, context_length);
    return {
      path,
      state,
      ...(running?.error !== undefined && { error: running.error }),
      file_bytes: header.fileBytes,
      parameters: header.parameters,
      ...(running && state === "ready" && { memory_bytes: running.model_bytes + running.context_bytes }),
      context_length: (state === "ready" && running?.context_length) || context,
    };
  } catch (error) {
    const reason = (error as Error).message;
    return { path, state: "failed", error: reason, file_bytes: 0, parameters: 0, context_length: null };
  }
}
