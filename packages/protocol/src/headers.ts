/** Header names of ours. All begin with `flywheel-`. */
export const HEADER = {
  generationId: "flywheel-generation-id",
  requestId: "x-request-id",
  /** Request fields, comma-separated, that the answering provider has no words for. */
  ignored: "flywheel-ignored",
} as const;
