import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { collectAnswer } from "../answer.ts";
import { gemini } from "./index.ts";
import { addPartialArgument } from "./partial-arguments.ts";

function added(...pieces: Record<string, unknown>[]): unknown {
  const args = {};
  for (const piece of pieces) addPartialArgument(args, piece);
  return JSON.parse(JSON.stringify(args));
}

describe("arguments that come piece by piece", () => {
  test("go where their paths say, texts piece after piece", () => {
    const args = added(
      { jsonPath: "$.seats[0].row", stringValue: "1" },
      { jsonPath: "$.seats[0].row", stringValue: "2" },
      { jsonPath: "$.seats[1].aisle", boolValue: false },
      { jsonPath: "$['odd name'].deep[0][0]", numberValue: -0.5 },
      { jsonPath: "$.gone", nullValue: "NULL_VALUE" },
    );
    const seats = [{ row: "12" }, { aisle: false }];
    assert.deepEqual(args, { seats, "odd name": { deep: [[-0.5]] }, gone: null });
  });

  test("reach no prototype and make no array of a billion", () => {
    const args = added(
      { jsonPath: "$.__proto__.polluted", stringValue: "x" },
      { jsonPath: "$.constructor.prototype.polluted", stringValue: "x" },
      { jsonPath: "$.list[0]", stringValue: "x" },
      { jsonPath: "$.list[999999999]", stringValue: "x" },
      { jsonPath: "$.list[999999999].name", stringValue: "x" },
      { jsonPath: 7, stringValue: "x" },
      { jsonPath: "", stringValue: "x" },
    );
    assert.equal(({} as { polluted?: string }).polluted, undefined);
    assert.equal((() => {})["polluted" as never], undefined);
    assert.deepEqual((args as { list: unknown }).list, ["x"]);
  });

  test("belong to the call before them, which ends with the next part at the latest", () => {
    const reader = gemini.streamReader();
    const chunk = (...parts: object[]): string => JSON.stringify({ candidates: [{ content: { parts } }] });
    const piece = (stringValue: string): object => ({
      functionCall: { partialArgs: [{ jsonPath: "$.to", stringValue, willContinue: true }], willContinue: true },
    });
    const parts = [
      reader.read("", chunk({ functionCall: { name: "go", willContinue: true } }, piece("Os"), piece("lo"))),
      reader.read("", chunk({ functionCall: { name: "stay" } }, { text: "Done." })),
      reader.read("", JSON.stringify({ candidates: [{ finishReason: "STOP" }] })),
      reader.end(),
    ].flat();
    const answer = collectAnswer(parts);
    assert.deepEqual(
      answer.parts.map((part) => (part.type === "tool-call" ? [part.name, part.arguments] : part.type)),
      [["go", '{"to":"Oslo"}'], ["stay", "{}"], "text"],
    );
    assert.equal(answer.finish?.reason, "tool_calls");
  });
});
