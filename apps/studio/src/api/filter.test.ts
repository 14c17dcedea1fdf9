import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { GenerationSummary } from "@flywheel/protocol";
import { matches, parseFilter, toQuery } from "./filter.ts";

test("values in the address that make no sense are dropped", () => {
  deepEqual(parseFilter({ status: "fine", range: "constructor", from: "x", search: " ", model: 4 }), { model: "4" });
});

test("a relative range wins over fixed times and becomes a start when asked", () => {
  const filter = parseFilter({ range: "1h", from: 5, to: 6 });
  deepEqual(filter, { range: "1h" });
  deepEqual(toQuery(filter, 10_000_000), { from: 6_400_000 });
});

test("a live row is matched by any of its model names, its status, provider and time", () => {
  const row = {
    status: "ok",
    request_model: "fast",
    provider_model: "spark",
    response_model: "s",
    provider_name: "local",
    time: 100,
  } as GenerationSummary;
  equal(matches({ model: "spark", provider: "local", status: "ok", from: 100 }, row), true);
  equal(matches({ model: "other" }, row), false);
  equal(matches({ to: 100 }, row), false);
  equal(matches({ status: "error" }, row), false);
});

test("whether a live row has a word is for the server to say", () => {
  equal(matches({ search: "refund" }, { status: "ok" } as GenerationSummary), undefined);
});
