import assert from "node:assert/strict";
import { test } from "node:test";
import { runSuccession } from "../../test/succession.ts";
import { createRandom } from "../statistics/random.ts";
import { nextLevel, ROUTE_ERROR } from "./index.ts";

const refused = (count: number) => Array.from({ length: count }, () => ({ promoted: false }));

test("the first decision has what a single one has, and all together no more than their route", () => {
  assert.deepEqual(nextLevel([]), { nth: 1, alpha: 0.025 });
  const all = Array.from({ length: 500 }, (_, i) => nextLevel(refused(i)).alpha);
  const sum = all.reduce((total, alpha) => total + alpha, 0);
  assert.ok(sum < ROUTE_ERROR && sum > 0.99 * ROUTE_ERROR);
});

test("a promotion gives its level to the next decision, a refusal uses it up", () => {
  assert.deepEqual(nextLevel([{ promoted: true }, { promoted: true }]), { nth: 3, alpha: 0.025 });
  assert.ok(nextLevel([{ promoted: true }, { promoted: false }]).alpha < 0.005);
  const { alpha } = nextLevel([{ promoted: false }, { promoted: true }]);
  assert.ok(Math.abs(alpha - (ROUTE_ERROR / 6 + ROUTE_ERROR / 12)) < 1e-12);
});

test("a route that turns twenty times on the same users without anything better seldom promotes, and does find what is better", () => {
  const wrongOf = (isBudgeted: boolean) => {
    const random = createRandom(12);
    const routes = Array.from({ length: 40 }, () =>
      runSuccession({ turns: 20, examples: 120, gainOf: () => 0, isBudgeted }, random),
    );
    return routes.filter(({ wrong }) => wrong > 0).length;
  };
  assert.ok(wrongOf(true) <= 6 && wrongOf(false) >= 7);
  const gainOf = (turn: number) => (turn === 9 ? 0.18 : 0);
  assert.equal(runSuccession({ turns: 10, examples: 800, gainOf, isBudgeted: true }, createRandom(3)).found, 1);
});
