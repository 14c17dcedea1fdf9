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
  return normalCdf(reach / Math.sqrt(discordance - difference ** 2));
}

/** The smallest difference that this many rows find with this power. */
export function detectableDifference(plan: Omit<PairedPlan, "difference">, rows: number, power: number): number {
  let [low, high] = [1e-6, Math.min(plan.discordance, Math.sqrt(plan.discordance)) * (1 - 1e-9)];
  if (powerOf({ ...plan, difference: high }, rows) < power) return plan.discordance;
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (powerOf({ ...plan, difference: middle }, rows) < power) low = middle;
    else high = middle;
  }
  return high;
}

const threshold = ({ alpha, sides }: Pick<PairedPlan, "alpha" | "sides">) => normalQuantile(1 - alpha / sides);

function checked(plan: PairedPlan): PairedPlan {
  const { difference, discordance } = plan;
  if (!(difference > 0 && discordance <= 1 && discordance >= difference))
    throw new RangeError(`A difference of ${difference} with a discordance of ${discordance} cannot be.`);
  return plan;
}
