import assert from "node:assert/strict";
import { test } from "node:test";
import {
  betaCdf,
  betaQuantile,
  binomialCdf,
  logGamma,
  normalCdf,
  normalQuantile,
  tCdf,
  tQuantile,
} from "./numerics.ts";

/** Equal to a relative 1e-9, which is what the published tables give. */
function close(actual: number, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.abs(expected), `${actual} is not ${expected}`);
}

test("special functions have their published values", () => {
  close(logGamma(0.5), Math.log(Math.PI) / 2, 1e-13);
  close(logGamma(10), Math.log(362_880), 1e-14);
  close(logGamma(100), 359.1342053695754, 1e-14);
  close(betaCdf(0.5, 2, 3), 0.6875, 1e-13);
  close(betaCdf(0.2, 0.5, 0.5), (2 / Math.PI) * Math.asin(Math.sqrt(0.2)), 1e-13);
  close(betaCdf(1e-3, 1, 500), 1 - 0.999 ** 500, 1e-12);
  close(normalCdf(1.959963984540054), 0.975, 1e-14);
  close(normalCdf(-6), 9.865876450376946e-10);
  close(normalCdf(-20), 2.7536241186062337e-89);
  close(normalQuantile(0.975), 1.959963984540054, 1e-13);
  close(normalQuantile(0.95), 1.6448536269514722, 1e-13);
  close(normalQuantile(1e-10), -6.361340902404056, 1e-12);
});

test("Student's quantiles are those of the printed tables, and go back through the distribution", () => {
  const table: [number, number][] = [[1, 12.706204736432095], [4, 2.7764451051977987], [10, 2.2281388519649385], [30, 2.0422724563012373]]; // prettier-ignore
  for (const [degrees, expected] of table) close(tQuantile(0.975, degrees), expected);
  for (const p of [0.001, 0.2, 0.5, 0.9, 0.9999]) close(tCdf(tQuantile(p, 7), 7), p);
});

test("binomial sums equal enumeration, and quantiles invert", () => {
  let sum = 0;
  for (let k = 0; k <= 20; k++) {
    sum += Math.exp(logGamma(21) - logGamma(k + 1) - logGamma(21 - k) + k * Math.log(0.3) + (20 - k) * Math.log(0.7));
    close(binomialCdf(k, 20, 0.3), sum, 1e-12);
  }
  for (const p of [1e-6, 0.025, 0.5, 0.975]) close(betaCdf(betaQuantile(p, 3, 11), 3, 11), p);
});
