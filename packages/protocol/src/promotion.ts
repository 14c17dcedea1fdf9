/** Which model a route asks first, from this moment on. Rows are only added: the latest of a route holds. */
export interface Promotion {
  id: string;
  route: string;
  /** As a client would name it: `local/spark-triage`. */
  model: string;
  /** What was first before; a rollback goes there. */
  previous: string;
  /** Epoch milliseconds. */
  created: number;
  /** What the decision was made by, as it was then; `null`: somebody's word. */
  evidence: unknown;
  /** The promotion that this one takes back. */
  rollback_of: string | null;
}

export interface PromotionList {
  data: Promotion[];
}
