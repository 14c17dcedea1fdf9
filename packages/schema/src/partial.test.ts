import { deepEqual, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { applyStep, PartialReader, type PartialStep } from "./partial.ts";

function read(pieces: Iterable<string>): PartialStep[] {
  const reader = new PartialReader();
  return [...Array.from(pieces, (piece) => reader.push(piece)).flat(), ...reader.end()];
}

const made = (steps: readonly PartialStep[]) => steps.reduce<unknown>(applyStep, undefined);

describe("a value that is still being written", () => {
  test("says of each field when it is final, in the order in which it is written", () => {
    deepEqual(read(['{"queue":"ca', 'rds","urgency":3,', '"tags":["a"]}']), [
      { type: "value", path: "", value: {} },
      { type: "value", path: "/queue", value: "" },
      { type: "append", path: "/queue", text: "ca" },
      { type: "append", path: "/queue", text: "rds" },
      { type: "final", path: "/queue" },
      { type: "value", path: "/urgency", value: 3 },
      { type: "final", path: "/urgency" },
      { type: "value", path: "/tags", value: [] },
      { type: "value", path: "/tags/0", value: "" },
      { type: "append", path: "/tags/0", text: "a" },
      { type: "final", path: "/tags/0" },
      { type: "final", path: "/tags" },
      { type: "final", path: "" },
    ]);
  });

  const values = [
    null,
    -1.5e-7,
    "",
    'quotes " and \\ and / and \u0007',
    [],
    {},
    [[], {}, [[1]]],
    { "a/b~c": { "": [true, false, null] }, __proto__x: 1, emoji: "😀é\ud83d" },
    JSON.parse('{"__proto__":{"polluted":1},"constructor":2}') as unknown,
  ];
  for (const value of values)
    test(`comes out whole, wherever the pieces are cut: ${JSON.stringify(value)}`, () => {
      for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2), ` ${JSON.stringify(value)}\n`]) {
        deepEqual(made(read([text])), value);
        deepEqual(made(read(text)), value, "by characters");
        for (let cut = 0; cut <= text.length; cut++)
          deepEqual(made(read([text.slice(0, cut), text.slice(cut)])), value);
      }
      ok(!("polluted" in {}));
    });

  test("is never final where it is cut short, and no JSON ends the steps", () => {
    const text = JSON.stringify(values);
    for (let cut = 0; cut < text.length; cut++)
      ok(!read([text.slice(0, cut)]).some(({ type, path }) => type === "final" && path === ""), text.slice(0, cut));
    for (const broken of ["{,}", "[1,,2]", '{"a" 1}', "nope", '"\\x"', "}", "[1 2]", "[1,]", '{"a":1,}'])
      ok(!read([broken, "]}"]).some(({ type, path }) => type === "final" && path === ""), broken);
    deepEqual(made(read(["[1,,2]"])), [1]);
  });
});
