/** Header names of ours. All begin with `flywheel-`. */
export const HEADER = {
  generationId: "flywheel-generation-id",
  /** Proves to `POST /events` that its sender was given this generation. */
  generationToken: "flywheel-generation-token",
  /** Who the end user is, in the client's own terms. */
  userId: "flywheel-user-id",
  requestId: "x-request-id",
  /** Request fields, comma-separated, that the answering provider has no words for. */
  ignored: "flywheel-ignored",
  /** Of a request: `off` or `only`. Of an answer that came from the cache: `hit`. */
  cache: "flywheel-cache",
  /** Of a request, under `flywheel dev`: the failure of the provider to rehearse. */
  fault: "flywheel-fault",
} as const;

/** Failures that can be rehearsed. */
export const FAULTS = ["slow", "truncated", "429", "500", "malformed"] as const;
export type Fault = (typeof FAULTS)[number];
