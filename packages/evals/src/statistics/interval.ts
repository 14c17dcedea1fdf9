/** An estimate and where the truth is believed to lie. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Of the procedure: 0.95 = of all such intervals, 95 % hold the truth. */
  readonly level: number;
}

export const LEVEL = 0.95;

/** Whatever rows have in common that makes them alike: a user, a conversation, a document. */
export type Cluster = string | number;

/** @throws RangeError */
export function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) throw new RangeError(`A level is between 0 and 1, not ${level}.`);
}
