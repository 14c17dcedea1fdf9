import assert from "node:assert/strict";
import { test } from "node:test";
import { CASES, keeps } from "../../test/coverage-cases.ts";
import { createRandom } from "./random.ts";

// The short form of `npm run bench -- statistics`, with as much slack as so few simulations need.
for (const one of CASES) {
  test(`${one.name} covers as often as it says, and the naive way does not`, () => {
    const random = createRandom(4242);
    let [covered, naive] = [0, 0];
    for (let i = 0; i < one.few; i++) {
      const result = one.run(random);
      covered += Number(result.covered) / one.few;
      naive += Number(result.naive) / one.few;
    }
    const slack = 3 * Math.sqrt((0.05 * 0.95) / one.few);
    assert.ok(keeps(one.promise, covered, slack), `covered ${covered}`);
    assert.ok(!keeps(one.promise, naive, slack / 3), `the naive way covered ${naive}`);
  });
}
