import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { readSaved, sameFilter } from "./saved-filters.ts";

test("whatever stands in local storage, only filters that make sense come out of it, by name", () => {
  for (const text of ["", "{", "null", "4", '{"name":"a"}', '[null,4,{"name":5,"filter":{}},{"name":"a"}]'])
    deepEqual(readSaved(text), [], text);
  deepEqual(
    readSaved(
      '[{"name":"slow","filter":{"range":"7d","status":"fine"}},{"name":"failed","filter":{"status":"error"}}]',
    ),
    [
      { name: "failed", filter: { status: "error" } },
      { name: "slow", filter: { range: "7d" } },
    ],
  );
});

test("two filters are the same whatever the order of their parts", () => {
  equal(sameFilter({ status: "error", model: "a" }, { model: "a", status: "error", search: undefined }), true);
  equal(sameFilter({ status: "error" }, {}), false);
});
