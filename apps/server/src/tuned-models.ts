import {
  existsSync,
  type FSWatcher,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Config } from "@flywheel/protocol";

/** A model that was tuned here: an adapter beside the model it was made for. */
export interface TunedModel {
  /** As it is called: `local/<name>`. */
  name: string;
  /** The model's file, and the adapter's; absolute. */
  base: string;
  adapter: string;
  /** `name@version` of what it learned from. */
  dataset: string;
  method: string;
  /** Epoch milliseconds. */
  created: number;
  validation_loss: { before: number; after: number } | null;
}

const FILE = "model.json";

export const tunedFolder = (dataDir: string): string => join(dataDir, "models");

/** By name; a folder without a whole description is not one yet. */
export function tunedModels(dataDir: string): TunedModel[] {
  const folder = tunedFolder(dataDir);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    try {
      const model = JSON.parse(readFileSync(join(folder, name, FILE), "utf8")) as TunedModel;
      return existsSync(model.adapter) ? [{ ...model, name }] : [];
    } catch {
      return [];
    }
  });
}

/** From here on the model is there. @param made its adapter may be anywhere; it is moved here */
export function keepTuned(dataDir: string, made: TunedModel): void {
  const folder = join(tunedFolder(dataDir), made.name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const model = { ...made, adapter: join(folder, "adapter.gguf") };
  const path = join(folder, FILE);
  try {
    writeFileSync(`${path}.new`, `${JSON.stringify(model, null, 2)}\n`, { mode: 0o600 });
    renameSync(made.adapter, model.adapter);
    renameSync(`${path}.new`, path);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Tuned models beside the project's own, whose names win. */
export function withTuned(config: Config, dataDir: string): Config {
  const tuned = tunedModels(dataDir).map(({ name, base, adapter }) => [name, { path: base, adapter }] as const);
  return tuned.length === 0 ? config : { ...config, local: { ...Object.fromEntries(tuned), ...config.local } };
}

const QUIET_MS = 100;

/** Calls back a moment after models came or went. @returns stops */
export function watchTuned(dataDir: string, changed: () => void): () => void {
  const folder = tunedFolder(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let known = JSON.stringify(tunedModels(dataDir));
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    const now = JSON.stringify(tunedModels(dataDir));
    if (now === known) return;
    known = now;
    changed();
  };
  const watcher: FSWatcher = watch(folder, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(look, QUIET_MS);
  });
  watcher.on("error", () => {}); // a folder that cannot be watched is read at the next start
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
