import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedData } from "../../../../tests/recordings/shared-data.ts";
import { readParaphrasedTasks } from "../../test/paraphrases.ts";
import { variabilityOfMeans } from "./measure.ts";

const folder = sharedData("prompt-variability");
const skip = folder === undefined && "prompt-variability of the test data is not here (FLYWHEEL_TEST_DATA)";

test("recorded paraphrases move a model by more than chance moves a share of a hundred rows", { skip }, () => {
  const tasks = readParaphrasedTasks(folder!);
  assert.equal(tasks.length, 10);
  const moved = tasks.filter(({ task, paraphrases }) => {
    const variants = paraphrases.map(({ accuracies }, i) => ({ name: `${i}`, mean: accuracies["flan-t5-xxl"]! }));
    const { mean, min, max, deviation } = variabilityOfMeans(variants, 100);
    assert.ok(mean.low! <= mean.estimate && mean.estimate <= mean.high!);
    assert.ok(max - min > 0.15, `${task}: ${min} to ${max}`);
    return deviation > 0.02;
  });
  assert.ok(moved.length >= 8, moved.map(({ task }) => task).join());
});

test("means that chance alone would spread have no deviation", () => {
  const variants = [0.5, 0.52, 0.48, 0.55, 0.45].map((mean, i) => ({ name: `${i}`, mean }));
  assert.equal(variabilityOfMeans(variants, 100).deviation, 0);
  assert.ok(Math.abs(variabilityOfMeans(variants, 10_001).deviation - Math.sqrt(0.00145 - (0.25 - 0.00116) / 10_000)) < 1e-6); // prettier-ignore
  assert.throws(() => variabilityOfMeans(variants.slice(1, 2), 100), RangeError);
});
