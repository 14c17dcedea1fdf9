/** What an evaluator says of one answer. */
export interface Score {
  /** 0 to 1; `null` where it cannot say: that is counted apart and is no score. */
  readonly score: number | null;
  readonly detail: string;
}
