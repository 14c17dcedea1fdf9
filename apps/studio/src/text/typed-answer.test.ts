import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { problemsByField, takeStep, type TypedAnswer, type TypedStep } from "./typed-answer.ts";

const taken = (...steps: TypedStep[]): TypedAnswer =>
  steps.reduce(takeStep, { value: undefined, finals: new Set<string>() });

test("an output grows by its steps, and says which of it is final", () => {
  const answer = taken(
    { type: "value", path: "", value: {} },
    { type: "value", path: "/a~1b", value: "" },
    { type: "append", path: "/a~1b", append: "it's " },
    { type: "append", path: "/a~1b", append: "lost" },
    { type: "final", path: "/a~1b" },
    { type: "value", path: "/tags", value: [] },
    { type: "value", path: "/tags/0", value: "card" },
    { type: "append", path: "/nowhere/at/all", append: "x" },
  );
  deepEqual(answer.value, { "a/b": "it's lost", tags: ["card"] });
  deepEqual([...answer.finals], ["/a~1b"]);
});

test("a name that JavaScript knows is only a name", () => {
  const { value } = taken(
    { type: "value", path: "", value: {} },
    { type: "value", path: "/__proto__", value: { admin: true } },
  );
  deepEqual(Object.keys(value as object), ["__proto__"]);
  deepEqual(({} as { admin?: boolean }).admin, undefined);
});

test("refused answers are counted by the places that were wrong in them", () => {
  const said = (problems: string) => `The model's answer is no output of the endpoint \`triage\`: ${problems}.`;
  deepEqual(
    problemsByField([
      said("`/queue` must be one of “cards”, “billing”; it must have the property `summary`"),
      said("`/queue` must be string; `/items/3/price` must be number; `/items/4/price` must be number"),
      said("it is not JSON"),
    ]).map(({ path, count }) => [path, count]),
    [
      ["/queue", 2],
      ["", 1],
      ["/items/*/price", 1],
      ["/summary", 1],
    ],
  );
});
