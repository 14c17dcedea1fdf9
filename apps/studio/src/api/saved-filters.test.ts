import { equal } from "node:assert/strict";
import { test } from "node:test";
import { sameFilter } from "./saved-filters.ts";

test("two filters are the same whatever the order of their parts", () => {
  equal(sameFilter({ status: "error", model: "a" }, { model: "a", status: "error", search: undefined }), true);
  equal(sameFilter({ status: "error" }, {}), false);
});
