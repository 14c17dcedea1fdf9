/** Of however many there are: `Math.max` takes some hundred thousand arguments and no more. −∞ where there is none. */
export function largest(numbers: Iterable<number>): number {
  let most = -Infinity;
  for (const number of numbers) if (number > most) most = number;
  return most;
}
