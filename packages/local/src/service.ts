import type { LocalModelConfig } from "@flywheel/protocol";

/** What `serveLocal` is started with. */
export interface LocalServerOptions {
  /** Model name on the wire → its file. */
  models: Record<string, LocalModelConfig>;
  /** Address to listen on; a loopback one. */
  host: string;
  /** 0 = any free port. */
  port: number;
  /** Every request must carry it as `authorization: Bearer <secret>`. */
  secret: string;
  /** Threads that evaluate. Default: cores − 1, at least 1: llama.cpp's workers spin, so one core must stay free. */
  threads?: number;
  /** Milliseconds after its last request that a model is unloaded. Default: never. */
  idle?: number;
  /** Requests a model answers at once. Default 4. */
  slots?: number;
  /** Requests that may wait for a slot of one model; more are refused with `overloaded`. Default 64. */
  waiting?: number;
  /** Told what an operator may want to know. Default: stderr. */
  log?: (message: string) => void;
}

/** A running server. */
export interface LocalServer {
  port: number;
  /** Refuses new requests, lets running ones finish for `drain` milliseconds (default 5,000), aborts the rest, frees the models. */
  close(drain?: number): Promise<void>;
  /** Replaces the table of models. Requests on a removed or changed one still finish. */
  setModels(models: Record<string, LocalModelConfig>): void;
}

/** `GET /healthz` */
export interface LocalHealth {
  status: "ok";
  pid: number;
  rss_bytes: number;
  threads: number;
  models: LocalModelHealth[];
}

export interface LocalModelHealth {
  id: string;
  path: string;
  /** `failed`: the last load did; the next request tries again. */
  state: "unloaded" | "loading" | "ready" | "failed";
  error?: string;
  /** Of weights and of the context, in bytes; 0 unless ready. */
  model_bytes: number;
  context_bytes: number;
  context_length: number;
  parameters: number;
  load_ms: number;
  /** Requests it can answer at once, is answering, and that wait. */
  slots: number;
  busy: number;
  waiting: number;
  /** Since it was loaded. */
  prompt_tokens: number;
  completion_tokens: number;
}
