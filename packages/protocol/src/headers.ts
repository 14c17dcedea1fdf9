/** Header names of ours. All begin with `flywheel-`. */
export const HEADER = {
  generationId: "flywheel-generation-id",
  requestId: "x-request-id",
} as const;
