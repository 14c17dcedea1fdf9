import { normalCdf, normalQuantile } from "./numerics.ts";

/** A comparison of two ways of answering the same rows, before it is run. */
export interface PairedPlan {
  /** What one wants to find: 0.05 = five points of 100. */
  difference: number;
  /**
   * Share of rows that only one of the two gets right. At least `difference`; 0.2 is usual for a model and its tuned
   * successor.
   */
  discordance: number;
  /** How often the test may find what is not there. */
  alpha: number;
  sides: 1 | 2;
  /** What rows of one user have in common costs: 1 + (rows per user − 1) · their correlation. 1 = all rows stand alone. */
  designEffect?: number;
}

/** Rows needed to find the difference with this power (Connor 1987): n = (z_α√ψ + z_β√(ψ − Δ²))² / Δ². */
export function requiredRows(plan: PairedPlan, power: number): number {
  const { difference, discordance, designEffect = 1 } = checked(plan);
  const found = normalQuantile(power) * Math.sqrt(discordance - difference ** 2);
  return Math.ceil((designEffect * (threshold(plan) * Math.sqrt(discordance) + found) ** 2) / difference ** 2);
}

/** How often a comparison of this many rows finds the difference. */
export function powerOf(plan: PairedPlan, rows: number): number {
  const { difference, discordance, designEffect = 1 } = checked(plan);
  const reach = difference * Math.sqrt(rows / designEffect) - threshold(plan) * Math.sqrt(discordance);
  const deviation = Math.sqrt(discordance - difference ** 2);
  if (deviation === 0) return reach > 0 ? 1 : 0;
  return normalCdf(reach / deviation);
}

/**
 * The smallest difference that this many rows find with this power. A difference above the discordance has just so many
 * rows that only one gets right. 1 where not even that is found.
 */
export function detectableDifference(plan: Omit<PairedPlan, "difference">, rows: number, power: number): number {
  const powerAt = (difference: number) =>
    powerOf({ ...plan, difference, discordance: Math.max(plan.discordance, difference) }, rows);
  let [low, high] = [1e-6, 1];
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (powerAt(middle) < power) low = middle;
    else high = middle;
  }
  return high;
}

/** A share of right answers that is to be shown to be above a floor, before it is measured. */
export interface SharePlan {
  /** Between 0 and 1. */
  floor: number;
  /** One-sided: how often a share of just the floor may pass. 0.025 is the low end of a 95 % interval; 0.5 = the estimate alone. */
  alpha: number;
  designEffect?: number;
}

/** How often this many rows pass where the truth is so much above the floor (score test: Fleiss, Levin & Paik 2003, §2). */
export function sharePower({ floor, alpha, designEffect = 1 }: SharePlan, difference: number, rows: number): number {
  const truth = floor + difference;
  if (!(floor > 0 && difference > 0 && truth <= 1)) throw new RangeError(`Nothing is ${difference} above ${floor}.`);
  const reach = difference * Math.sqrt(rows / designEffect) - normalQuantile(1 - alpha) * spread(floor);
  if (truth === 1) return reach > 0 ? 1 : 0;
  return normalCdf(reach / spread(truth));
}

/** Rows needed to pass with this power where the truth is so much above the floor. */
export function requiredShareRows(
  { floor, alpha, designEffect = 1 }: SharePlan,
  difference: number,
  power: number,
): number {
  const zs = normalQuantile(1 - alpha) * spread(floor) + normalQuantile(power) * spread(floor + difference);
  return Math.ceil(designEffect * (zs / difference) ** 2);
}

/** How far above the floor the truth must be to pass with this power; `null`: so few rows pass never, however good. */
export function detectableShare(plan: SharePlan, rows: number, power: number): number | null {
  let [low, high] = [1e-6, 1 - plan.floor];
  if (!(low < high) || sharePower(plan, high, rows) < power) return null;
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (sharePower(plan, middle, rows) < power) low = middle;
    else high = middle;
  }
  return high;
}

const spread = (share: number) => Math.sqrt(share * (1 - share));

const threshold = ({ alpha, sides }: Pick<PairedPlan, "alpha" | "sides">) => normalQuantile(1 - alpha / sides);

function checked(plan: PairedPlan): PairedPlan {
  const { difference, discordance } = plan;
  if (!(difference > 0 && discordance <= 1 && discordance >= difference))
    throw new RangeError(`A difference of ${difference} with a discordance of ${discordance} cannot be.`);
  return plan;
}
