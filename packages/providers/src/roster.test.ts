import assert from "node:assert/strict";
import { test } from "node:test";
import { Roster } from "./roster.ts";

test("a roster lists who was added and not taken off, whatever the order", () => {
  const roster = new Roster<{ slot: number; name: string }>();
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => ({ slot: -1, name }));
  for (const each of [a!, b!, c!, d!, b!]) roster.add(each);
  assert.equal(roster.size, 4);
  for (const each of [a!, d!, d!]) roster.delete(each);
  assert.deepEqual(
    roster
      .list()
      .map(({ name }) => name)
      .toSorted(),
    ["b", "c"],
  );
  assert.equal(roster.has(a!), false);
  roster.add(a!);
  roster.delete(c!);
  roster.delete(b!);
  assert.deepEqual(
    roster.list().map(({ name }) => name),
    ["a"],
  );
});
