import { largest } from "../largest.ts";

/** A row that weighs something for somebody. */
interface Weighed {
  user: string;
  weight: number;
}

/** Nobody can be kept below an equal share; twice that is always allowed. */
const EQUAL_SHARES = 2;

/**
 * How much of its weight each row keeps, 0 to 1, so that no user weighs more than `share` of what is kept. A user
 * beyond it keeps the first rows, as many as the cap holds at full weight, and these are scaled to it; the rest gets 0.
 * So the cap holds for formats without weights, too, but for one row.
 * @param rows in the order of preference, of each user
 */
export function capUsers(rows: readonly Weighed[], share: number): number[] {
  const totals = new Map<string, number>();
  for (const { user, weight } of rows) totals.set(user, (totals.get(user) ?? 0) + weight);
  const allowed = Math.max(share, EQUAL_SHARES / totals.size);
  const cap = capOf([...totals.values()], allowed);
  const kept = new Map<string, number>();
  const picked = rows.map(({ user, weight }) => {
    const before = kept.get(user) ?? 0;
    if (before >= cap) return 0;
    kept.set(user, before + weight);
    return 1;
  });
  return rows.map(({ user }, index) => picked[index]! * Math.min(1, cap / kept.get(user)!));
}

/** The weight t with t = share · Σ min(weight, t); infinite where nobody weighs too much. */
function capOf(weights: readonly number[], share: number): number {
  const sum = (t: number) => weights.reduce((total, weight) => total + Math.min(weight, t), 0);
  const heaviest = largest(weights);
  if (heaviest <= share * sum(Infinity)) return Infinity;
  let [low, high] = [0, heaviest];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (middle <= share * sum(middle)) low = middle;
    else high = middle;
  }
  return low;
}
