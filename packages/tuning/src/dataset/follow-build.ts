import { setTimeout as sleep } from "node:timers/promises";
import type { ControlClient, DatasetBuild } from "@flywheel/protocol";

const POLL_MS = 200;

/** Has a dataset built and asks until it is over. `signal` ends the asking; the server finishes what it began. */
export async function buildAndFollow(
  api: ControlClient,
  asked: { name: string } & Record<string, unknown>,
  signal: AbortSignal,
  onProgress: (progress: number, phase: string) => void,
): Promise<DatasetBuild> {
  let build = await api.post<DatasetBuild>("/api/datasets", asked);
  while (build.state === "running") {
    onProgress(build.progress, build.phase);
    await sleep(POLL_MS, undefined, { signal });
    build = await api.get<DatasetBuild>(`/api/datasets/builds/${build.id}`);
  }
  return build;
}
