import { existsSync } from "node:fs";
import { FlywheelError, type LocalModelConfig } from "@flywheel/protocol";
import { modelFingerprint } from "./fingerprint.ts";
import { loadModel, type LoadedModel } from "./model.ts";
import { defaultThreads, openRuntime } from "./runtime.ts";
import type { LocalModelHealth, LocalServerOptions } from "./service.ts";

type Models = Record<string, LocalModelConfig>;
type Limits = Required<Pick<LocalServerOptions, "slots" | "waiting" | "threads" | "log">> &
  Pick<LocalServerOptions, "idle">;

/** One version of one model's file, from the first request for it until its last one ends. */
interface Residence {
  /** Identity of the file's bytes and of the options it was loaded with. */
  version: string;
  loading: Promise<LoadedModel>;
  loaded?: LoadedModel;
  /** Requests that hold it. */
  leases: number;
  /** No longer asked for; freed with its last lease. */
  retired: boolean;
  idleTimer?: NodeJS.Timeout;
  /** Resolved once it is freed. */
  gone: PromiseWithResolvers<void>;
}

/** A model held for one request. */
export interface Lease {
  loaded: LoadedModel;
  /** Changes whenever other bytes are served under the name. */
  version: string;
  release(): void;
}

/** The table of models: loads on first use, follows files that change on disk, frees what is idle. */
export class ModelTable {
  readonly limits: Limits;
  #models: Models;
  readonly #residences = new Map<string, Residence>();
  readonly #failures = new Map<string, string>();
  /** Retired ones included, until they are freed. */
  readonly #living = new Set<Residence>();

  constructor(models: Models, options: LocalServerOptions) {
    this.#models = models;
    this.limits = {
      slots: options.slots ?? 4,
      waiting: options.waiting ?? 64,
      threads: options.threads ?? defaultThreads(),
      idle: options.idle,
      log: options.log ?? ((message) => process.stderr.write(`${message}\n`)),
    };
  }

  get names(): string[] {
    return Object.keys(this.#models);
  }

  replace(models: Models): void {
    this.#models = models;
    for (const name of this.#residences.keys()) if (!Object.hasOwn(models, name)) this.#retire(name);
  }

  /**
   * Holds the model that the file is now, loading it where needed. Call `release` when done.
   * @throws {FlywheelError} `model_not_found`, `model_unavailable`
   */
  async acquire(name: string): Promise<Lease> {
    const config = Object.hasOwn(this.#models, name) ? this.#models[name] : undefined;
    if (!config)
      throw new FlywheelError("model_not_found", { model: name, hint: hint(this.names) }, { param: "model" });
    try {
      const residence = this.#resident(name, config, fileVersion(config));
      const release = this.#lease(name, residence);
      try {
        return { loaded: await residence.loading, version: residence.version, release };
      } catch (error) {
        if (this.#residences.get(name) === residence) this.#retire(name);
        release();
        throw error;
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#failures.set(name, reason);
      throw new FlywheelError("model_unavailable", { model: name, reason }, { param: "model", cause });
    }
  }

  health(): LocalModelHealth[] {
    return Object.entries(this.#models).map(([id, { path }]) => {
      const residence = this.#residences.get(id);
      const error = this.#failures.get(id);
      const state = residence ? (residence.loaded ? "ready" : "loading") : error ? "failed" : "unloaded";
      return {
        id,
        path,
        state,
        ...(state === "failed" && { error }),
        ...figures(residence?.loaded, this.limits.slots),
      };
    });
  }

  /** Frees everything; resolves once no request holds a model. */
  async close(): Promise<void> {
    this.replace({});
    await Promise.all(Array.from(this.#living, (residence) => residence.gone.promise));
  }

  /** The residence of this version of the file, beginning to load it (and retiring an older one) where needed. */
  #resident(name: string, config: LocalModelConfig, version: string): Residence {
    const current = this.#residences.get(name);
    if (current?.version === version) return current;
    if (current) {
      this.limits.log(`local/${name}: ${config.path} changed, loading it again`);
      this.#retire(name);
    }
    const loading = openRuntime(this.limits.threads).then((runtime) =>
      loadModel(runtime, name, config, this.limits.slots, this.limits.waiting),
    );
    const residence: Residence = { version, loading, leases: 0, retired: false, gone: Promise.withResolvers() };
    this.#residences.set(name, residence);
    this.#living.add(residence);
    loading.then(
      (loaded) => {
        residence.loaded = loaded;
        this.#failures.delete(name);
        this.limits.log(
          `local/${name}: loaded ${config.path} in ${loaded.loadMs} ms, ${loaded.contextLength} tokens of context`,
        );
      },
      () => {},
    );
    return residence;
  }

  #lease(name: string, residence: Residence): () => void {
    residence.leases++;
    clearTimeout(residence.idleTimer);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      if (--residence.leases > 0) return;
      if (residence.retired) void this.#free(residence);
      else if (this.limits.idle !== undefined) this.#retireWhenIdle(name, residence, this.limits.idle);
    };
  }

  #retireWhenIdle(name: string, residence: Residence, idle: number): void {
    residence.idleTimer = setTimeout(() => {
      if (this.#residences.get(name) === residence) this.#retire(name);
    }, idle).unref();
  }

  #retire(name: string): void {
    const residence = this.#residences.get(name);
    if (!residence) return;
    this.#residences.delete(name);
    residence.retired = true;
    clearTimeout(residence.idleTimer);
    if (residence.leases === 0) void this.#free(residence);
  }

  /** Called once for each residence: when it is retired and no request holds it. */
  async #free(residence: Residence): Promise<void> {
    try {
      await (await residence.loading).free();
    } catch {
      // It never loaded, and whoever asked for it has been told.
    } finally {
      this.#living.delete(residence);
      residence.gone.resolve();
    }
  }
}

function fileVersion(config: LocalModelConfig): string {
  const { path } = config;
  try {
    const version = modelFingerprint(config);
    if (version !== undefined) return version;
  } catch (cause) {
    throw new Error(`${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
  throw new Error(existsSync(path) ? `${path} is not a file` : `there is no file ${path}`);
}

function hint(names: string[]): string {
  return names.length === 0 ? "" : ` There ${names.length === 1 ? "is" : "are"}: ${names.join(", ")}.`;
}

function figures(
  loaded: LoadedModel | undefined,
  slots: number,
): Omit<LocalModelHealth, "id" | "path" | "state" | "error"> {
  return {
    model_bytes: loaded?.model.size ?? 0,
    context_bytes: loaded?.context.memoryUsage.ram ?? 0,
    context_length: loaded?.contextLength ?? 0,
    parameters: loaded?.parameters ?? 0,
    load_ms: loaded?.loadMs ?? 0,
    slots,
    busy: loaded?.slots.busy ?? 0,
    waiting: loaded?.slots.waiting ?? 0,
    prompt_tokens: loaded?.promptTokens ?? 0,
    completion_tokens: loaded?.completionTokens ?? 0,
  };
}
