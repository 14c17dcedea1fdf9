import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { diff, diffLines, type LinePair } from "./diff.ts";

/** A small generator of numbers from a seed: the same run each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
}

/** The length of the longest common subsequence, by the plain table. */
function common(a: string[], b: string[]): number {
  let row = Array.from<number>({ length: b.length + 1 }).fill(0);
  for (const x of a) {
    const next = [0];
    for (const [j, y] of b.entries()) next.push(x === y ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    row = next;
  }
  return row.at(-1)!;
}

test("both sides come back whole, with as much in common as there is", () => {
  const next = numbers(7);
  for (let round = 0; round < 300; round++) {
    const list = () => Array.from({ length: Math.floor(next() * 12) }, () => "abcd"[Math.floor(next() * 4)]!);
    const [left, right] = [list(), list()];
    const changes = diff(left, right);
    deepEqual(changes.flatMap((change) => change.left), left); // prettier-ignore
    deepEqual(changes.flatMap((change) => change.right), right); // prettier-ignore
    const kept = changes.reduce((sum, change) => sum + (change.same ? change.left.length : 0), 0);
    equal(kept, common(left, right), `${left.join("")} and ${right.join("")}`);
  }
});

const shown = (pairs: LinePair[]) =>
  pairs.map(({ left, right }) =>
    [left, right].map((pieces) => pieces?.map(({ text, changed }) => (changed ? `[${text}]` : text)).join("") ?? "–"),
  );

test("lines that replace each other are compared word by word", () => {
  deepEqual(shown(diffLines("Hello\nYour card is on its way.\nBye", "Hello\nYour refund is on its way!\nBye\n:)")), [
    ["Hello", "Hello"],
    ["Your [card] is on its way[.]", "Your [refund] is on its way[!]"],
    ["Bye", "Bye"],
    ["–", "[:)]"],
  ]);
  deepEqual(shown(diffLines("", "a")), [["–", "[a]"]]);
  deepEqual(diffLines("", ""), []);
});

test("long texts with nothing in common, and one endless line, end in one replacement instead of a search without end", () => {
  const left = Array.from({ length: 20_000 }, (_, i) => `left ${i}`).join("\n");
  const right = Array.from({ length: 20_000 }, (_, i) => `right ${i}`).join("\n");
  equal(diffLines(`same\n${left}`, `same\n${right}`).length, 20_001);
  const [endless] = diffLines("x".repeat(1e6), "y ".repeat(5e5));
  ok(endless!.left![0]!.changed);
});
