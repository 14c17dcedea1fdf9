import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bound, numberLanguage } from "./numbers.ts";
import { accepts } from "./regular/language.ts";

const BOUNDS = [-1000, -99.5, -10, -1.25, -1, -0.001, 0, 0.05, 0.5, 1, 1.25, 7, 9, 10, 99, 100, 105.5, 1e6];
const PROBES = [-12345, -1001, -1000, -999.5, -100, -99.5, -99.49, -10, -9, -1.25, -1.2, -1, -0.5, -0.001, -0.0005, 0, 0.0005, 0.05, 0.051, 0.5, 0.75, 1, 1.2, 1.25, 1.3, 2, 6, 7, 8, 9, 10, 11, 19, 50, 99, 100, 101, 105.5, 105.49, 105.6, 999, 999_999, 1_000_000, 1_000_000.5, 1_000_001]; // prettier-ignore

function within(value: number, least?: Bound, most?: Bound): boolean {
  const over = !least || (least.exclusive ? value > least.value : value >= least.value);
  return over && (!most || (most.exclusive ? value < most.value : value <= most.value));
}

for (const integer of [true, false])
  test(`${integer ? "whole numbers" : "numbers"} are accepted exactly within their bounds, open or closed`, () => {
    for (const low of [undefined, ...BOUNDS])
      for (const high of [undefined, ...BOUNDS])
        for (const exclusive of [true, false]) {
          const least = low === undefined ? undefined : { value: low, exclusive };
          const most = high === undefined ? undefined : { value: high, exclusive };
          const { language } = numberLanguage({ integer, ...(least && { least }), ...(most && { most }) });
          for (const probe of PROBES) {
            const expected = within(probe, least, most) && (!integer || Number.isInteger(probe));
            assert.equal(
              accepts(language, String(probe)),
              expected,
              `${probe} in ${low} … ${high}, exclusive ${exclusive}`,
            );
          }
        }
  });

test("multiples are exact for small whole numbers and powers of ten", () => {
  for (const divisor of [2, 5, 7, 60]) {
    const { language } = numberLanguage({ integer: false, multipleOf: divisor });
    for (let i = -130; i <= 130; i++)
      assert.equal(accepts(language, String(i)), i % divisor === 0, `${i} of ${divisor}`);
    assert.ok(!accepts(language, "2.5"));
  }
  const { language } = numberLanguage({ integer: false, multipleOf: 0.01 });
  for (const text of ["0", "1.5", "-3.25", "100"]) assert.ok(accepts(language, text), text);
  assert.ok(!accepts(language, "1.255"));
});

test("a number has no leading zeros, no plus, no bare point", () => {
  const { language } = numberLanguage({ integer: false, least: { value: -5, exclusive: false }, most: { value: 5, exclusive: false } }); // prettier-ignore
  for (const text of ["00", "01", "+1", ".5", "1.", "", "-", "1e0"]) assert.ok(!accepts(language, text), text);
});
