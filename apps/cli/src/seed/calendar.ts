import type { Random } from "./random.ts";

const HOUR_MS = 3_600_000;

/**
 * Times at which customers write, oldest first: more by day than by night, fewer at weekends, a little more every week.
 *
 * @param until epoch milliseconds; the last possible time
 */
export function drawTimes(random: Random, count: number, days: number, until: number): number[] {
  const hours = Array.from({ length: days * 24 }, (_, i) => until - (days * 24 - i) * HOUR_MS);
  const weights = hours.map((hour, i) => busyness(new Date(hour)) * (0.7 + (0.6 * i) / hours.length));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const times: number[] = [];
  let owed = 0;
  for (const [i, hour] of hours.entries()) {
    owed += (count * weights[i]!) / sum;
    for (; owed >= 1; owed--) times.push(Math.floor(hour + random.next() * HOUR_MS));
  }
  while (times.length < count) times.push(Math.floor(until - random.next() * HOUR_MS));
  return times.toSorted((a, b) => a - b);
}

function busyness(at: Date): number {
  const hour = at.getHours();
  const day = 0.15 + Math.max(0, Math.sin(((hour - 6) / 17) * Math.PI)) * (hour >= 18 ? 1.2 : 1);
  const weekend = at.getDay() === 0 || at.getDay() === 6;
  return weekend ? day * 0.55 : day;
}
