import type { BothOrders } from "../statistics/agreement.ts";

/** What an evaluator says of one answer. */
export interface Score {
  /** 0 to 1; `null` where it cannot say: that is counted apart and is no score. */
  readonly score: number | null;
  readonly detail: string;
  /** It has nothing to say of this row, whatever the answer. */
  readonly isInapplicable?: boolean;
  /** Of a judge that compared two answers. */
  readonly verdicts?: BothOrders;
}
