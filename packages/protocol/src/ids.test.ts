import assert from "node:assert/strict";
import { test } from "node:test";
import { newId, timeOfId } from "./ids.ts";

test("an id is its prefix and a UUIDv7 of RFC 9562", () => {
  assert.match(newId("gen"), /^gen_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("ids of one process sort by the order in which they were made, also within a millisecond and when the clock goes back", () => {
  const now = Date.now() + 60_000;
  const ids = [...Array.from({ length: 20_000 }, () => newId("gen", now)), newId("gen", now - 5000), newId("gen", now)];
  assert.deepEqual(ids, ids.toSorted());
  assert.equal(new Set(ids).size, ids.length);
});

test("the time of an id can be read back, and what is no id has none", () => {
  const later = Date.now() + 3_600_000;
  assert.equal(timeOfId(newId("key", later)), later);
  for (const text of ["", "gen_", "gen_0199", "gen_01a205a4-a493-40f6-b662-b27fa5c241c8", "'; drop table"])
    assert.equal(timeOfId(text), undefined);
});
