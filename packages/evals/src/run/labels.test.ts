import assert from "node:assert/strict";
import { test } from "node:test";
import { humanEstimate, type Label, openLabels, readLabels } from "./labels.ts";
import type { Answered } from "./scores.ts";

const row = (i: number, output = `answer ${i}`): Answered => ({
  example: { id: `r${i}`, input: `question ${i}`, expected: undefined, user: undefined, slices: [] },
  answer: { output, seconds: 0, generation_id: "", error: "" },
  other: undefined,
});
const rows = Array.from({ length: 60 }, (_, i) => row(i));
const praise = rows.map(() => ({ score: 1, detail: "" }));
const label = ({ id, output }: Label, i: number): Label => ({ id, output, score: i % 2 });

test("answers to label are chosen by chance, and what was chosen before stays", () => {
  const first = openLabels([], rows, 20);
  assert.equal(new Set(first.map(({ id }) => id)).size, 20);
  assert.notDeepEqual(first.map(({ id }) => id), rows.slice(0, 20).map(({ example }) => example.id)); // prettier-ignore
  const more = openLabels(first.map(label), rows, 25);
  assert.equal(more.length, 5);
  assert.ok(more.every(({ id }) => !first.some((one) => one.id === id)));
  assert.deepEqual(openLabels(first, rows, 20), [], "what is in the file without a score is not written twice");
});

test("a judge that praises everything is corrected by few labels", () => {
  const labels = openLabels([], rows, 20).map(label);
  const { mean, judge_above, labels: count } = humanEstimate(labels, rows, praise);
  assert.deepEqual([mean!.estimate, judge_above!.estimate, count], [0.5, 0.5, 20]);
  assert.ok(mean!.low! > 0.2 && mean!.high! < 0.8);
  const twice = [...labels, ...labels.map((one) => ({ ...one, score: 1 }))];
  assert.equal(humanEstimate(twice, rows, praise).mean!.estimate.toFixed(6), "0.750000", "two people count half each");
});

test("nothing is said where labels are too few, or of other answers, or only of what was easy to label", () => {
  const labels = openLabels([], rows, 20).map(label);
  const reasonOf = (some: readonly Label[], asked = rows) => humanEstimate(some, asked, praise).reason;
  assert.match(reasonOf([]), /^no answer of this run was chosen/);
  assert.match(reasonOf(labels.slice(0, 9)), /^9 labels are too few; at least 10/);
  assert.match(reasonOf(labels.map((one, i) => (i < 3 ? { ...one, score: null } : one))), /^3 of the 20 answers that were chosen have no label/); // prettier-ignore
  const anew = rows.map((_, i) => row(i, `another ${i}`));
  assert.match(reasonOf(labels, anew), /^20 of the 20 answers/);
  assert.equal(openLabels(labels, anew, 20).length, 20, "and these are to be labelled anew");
  const ofOne = rows.map((one) => ({ ...one, example: { ...one.example, user: "ann" } }));
  assert.match(reasonOf(labels, ofOne), /^labels of 1 users' rows are too few/);
});

test("a row that was not answered needs no label, and one that the judge cannot score is left out", () => {
  const labels = openLabels([], rows, 20).map(label);
  const [lost, unjudged] = [labels[1]!.id, labels[0]!.id];
  const asked = rows.map((one) => (one.example.id === lost ? { ...one, answer: { ...one.answer, output: "", error: "gone" } } : one)); // prettier-ignore
  const scores = rows.map(({ example }) => ({ score: example.id === unjudged ? null : 1, detail: "" }));
  const { labels: count, mean } = humanEstimate(labels, asked, scores);
  assert.equal(count, 19);
  assert.ok(Math.abs(mean!.estimate - 9 / 19) < 0.02);
});

test("a line that is no label is refused with its number", () => {
  assert.throws(() => readLabels([{ id: "a", output: "b", score: 1 }, { id: "a", output: "b", score: 7 }], "f.jsonl"), /f\.jsonl, label 2 must be/); // prettier-ignore
  assert.throws(() => readLabels([{ id: "a", output: "b" }], "f.jsonl"), { code: "config_invalid" });
});
