import type { NodeHandle } from "./checker.ts";

/** A type that no JSON Schema can say, and where it is written. */
export interface TypeProblem {
  /** Absent: the place of the endpoint itself. */
  node?: NodeHandle | undefined;
  message: string;
  suggestion: string;
}
