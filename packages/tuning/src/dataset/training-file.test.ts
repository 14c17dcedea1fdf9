import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DatasetRow } from "@flywheel/protocol";
import { FORMAT_NAMES, FORMATS } from "./formats.ts";
import { readTrainingFile, writeTrainingFile } from "./training-file.ts";

const messages = [
  { role: "system", content: "Be brief." },
  { role: "user", content: 'Ünïcode \u2028 "quotes"\nand lines 🎉' },
] as const;
const lineage = { generation_ids: ["gen_1"], event_ids: ["evt_1"], user_id: "ann" };
const ROWS: DatasetRow[] = [
  {
    id: "a",
    kind: "example",
    split: "train",
    messages,
    completion: "",
    response_schema: { type: "object" },
    weight: 0.25,
    lineage,
  },
  { id: "b", kind: "example", split: "eval", messages, completion: "yes", response_schema: null, weight: 1, lineage },
  { id: "c", kind: "preference", split: "train", messages, chosen: "good", rejected: "bad", weight: 1, lineage },
  { id: "d", kind: "rating", split: "holdout", messages, completion: "meh", desirable: false, weight: 0.5, lineage },
];

describe("a training file", () => {
  for (const format of ["jsonl", "parquet"] as const)
    test(`as ${format} holds whole rows`, async () => {
      const { bytes, count } = writeTrainingFile(ROWS, format);
      assert.equal(count, 4);
      assert.deepEqual(await readTrainingFile(bytes, format, "train"), ROWS);
    });

  for (const format of FORMAT_NAMES)
    test(`as ${format} holds one kind of row and comes back with what it says`, async () => {
      const { bytes, count, left } = writeTrainingFile(ROWS, format);
      const fitting = ROWS.filter(({ kind }) => kind === FORMATS[format].kind);
      assert.deepEqual([count, left], [fitting.length, 4 - fitting.length]);
      const back = await readTrainingFile(bytes, format, "eval");
      const said = (row: DatasetRow) => ({ ...row, id: "", split: "", weight: 0, lineage: {}, response_schema: null });
      assert.deepEqual(back.map(said), fitting.map(said));
      assert.ok(back.every(({ split, lineage }) => split === "eval" && lineage.user_id.startsWith("imported:")));
    });

  test("of another program is read: plain text prompts, blank lines", async () => {
    const [row] = await readTrainingFile(
      Buffer.from('\n{"prompt":"Hi","chosen":"Hello","rejected":"No"}\n\n'),
      "trl-dpo",
      "train",
    );
    assert.deepEqual(row!.messages, [{ role: "user", content: "Hi" }]);
  });

  for (const [format, line, said] of [
    ["openai-sft", '{"messages":[{"role":"user","content":"Hi"}]}', /line 1: the last message must be the assistant's/],
    ["openai-sft", '{"messages":[]}', /line 1: `messages` must be a list of messages/],
    ["openai-sft", "{", /line 1 is not JSON/],
    ["trl-sft", `"${"x".repeat(1_000_000)}"`, /line 1 is longer than 1000000 bytes/],
    [
      "openai-dpo",
      '{"input":{"messages":[{"role":"user","content":"Hi"}]},"preferred_output":[]}',
      /`preferred_output` must be/,
    ],
    ["trl-dpo", '{"prompt":"Hi","chosen":"a","rejected":"a"}', /both answers are the same/],
    ["trl-kto", '{"prompt":"Hi","completion":"a","label":"yes"}', /`label` must be true or false/],
    ["jsonl", '{"id":"a","kind":"example","split":"test"}', /line 1: `split` must be one of/],
    ["parquet", "not parquet", /no Parquet file/],
  ] as const)
    test(`as ${format} with ${line.slice(0, 40)} is refused, and the place is named`, async () => {
      await assert.rejects(readTrainingFile(Buffer.from(line), format, "train"), {
        code: "invalid_request",
        message: said,
      });
    });
});
