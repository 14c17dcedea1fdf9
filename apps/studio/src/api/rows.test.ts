import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { GenerationSummary } from "@flywheel/protocol";
import { addRows, allRows, catchUp, MAX_ROWS, type Rows } from "./rows.ts";

const row = (id: string): GenerationSummary => ({ id }) as GenerationSummary;
const page = (ids: string, next?: string) => ({ data: [...ids].map(row), ...(next === undefined ? {} : { next }) });
const ids = (rows: Rows): string =>
  allRows(rows)
    .map((each) => each.id)
    .join("");
const loaded: Rows = { pages: [page("hf", "f"), page("ed", "d")], pageParams: [undefined, "f"] };

test("a row that comes live stands where its id puts it, once", () => {
  const rows = addRows(addRows(loaded, [row("i"), row("g")]), [row("g")]);
  equal(ids(rows), "ihgfed");
  equal(rows.pages.at(-1)!.next, "d");
});

test("a live row older than the loaded ones waits for its page", () => {
  equal(ids(addRows(loaded, [row("a")])), "hfed");
  const complete: Rows = { pages: [page("hf")], pageParams: [undefined] };
  equal(ids(addRows(complete, [row("a")])), "hfa");
});

test("catching up merges a newest page that meets the loaded rows", () => {
  equal(ids(catchUp(loaded, page("jih", "h"))), "jihfed");
});

test("catching up starts over where rows in between are missing", () => {
  const rows = catchUp(loaded, page("zyx", "x"));
  equal(ids(rows), "zyx");
  equal(rows.pages[0]!.next, "x");
});

test("catching up into an empty list shows the page", () => {
  deepEqual(ids(catchUp(undefined, page("ba"))), "ba");
});

test("a list followed for days stays bounded and can be scrolled on", () => {
  const many = Array.from({ length: MAX_ROWS + 5 }, (_, index) => row(`gen_${String(index).padStart(6, "0")}`));
  const rows = addRows({ pages: [{ data: [] }], pageParams: [undefined] }, many);
  equal(allRows(rows).length, MAX_ROWS);
  equal(rows.pages[0]!.next, "gen_000005");
});
