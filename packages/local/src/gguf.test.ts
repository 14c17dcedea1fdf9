import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { tinyModel, writeTinyModel } from "../test/tiny-model.ts";
import { GgufError, readGguf, readGgufMetadata } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "flywheel-gguf-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "model.gguf");

async function readBytes(bytes: Buffer) {
  writeFileSync(path, bytes);
  return readGguf(path);
}

test("a header is read whole: metadata, arrays, and where each tensor lies", async () => {
  writeTinyModel(path, { contextLength: 1024 });
  const header = await readGguf(path);
  assert.equal(header.version, 3);
  assert.equal(header.metadata["llama.context_length"], 1024);
  assert.equal(header.metadata["tokenizer.ggml.add_bos_token"], true);
  const tokens = header.metadata["tokenizer.ggml.tokens"];
  assert.ok(typeof tokens === "object" && tokens.type === "string");
  assert.equal(tokens.values[3], "<|im_start|>");
  const [embedding] = header.tensors;
  assert.deepEqual(embedding, {
    name: "token_embd.weight",
    shape: [32, tokens.values.length],
    type: 0,
    offset: header.dataOffset,
  });
  const last = header.tensors.at(-1)!;
  assert.equal(last.offset + 4 * last.shape[0]! * last.shape[1]!, header.fileBytes);
  assert.deepEqual(await readGgufMetadata(path), header.metadata);
});

test("a header larger than the first read is read whole too", async () => {
  const text = "x".repeat(3 * 2 ** 20);
  const header = await readBytes(tinyModel({ metadata: { "general.description": { text } } }));
  assert.equal(header.metadata["general.description"], text);
});

describe("a file that lies about itself is refused", () => {
  const edited = (edit: (bytes: Buffer) => void) => {
    const bytes = tinyModel();
    edit(bytes);
    return bytes;
  };
  /** Where the first tensor's name ends, and its dimensions begin. */
  const firstTensor = tinyModel().indexOf("token_embd.weight") + "token_embd.weight".length;
  const cases: [what: string, bytes: Buffer, message: RegExp][] = [
    ["another magic", edited((bytes) => bytes.write("GGML", 0)), /not a GGUF/],
    ["a future version", edited((bytes) => bytes.writeUInt32LE(9, 4)), /version 9/],
    ["the other byte order", edited((bytes) => bytes.writeUInt32BE(3, 4)), /big-endian/],
    ["more tensors than a file can hold", edited((bytes) => bytes.writeBigUInt64LE(2n ** 60n, 8)), /claims/],
    ["more entries than it has", edited((bytes) => bytes.writeBigUInt64LE(60_000n, 16)), /./],
    ["a tensor of five dimensions", edited((bytes) => bytes.writeUInt32LE(5, firstTensor)), /5 dimensions/],
    ["a tensor of no rows", edited((bytes) => bytes.writeBigUInt64LE(0n, firstTensor + 4)), /impossible shape/],
    [
      "a tensor too large for any file",
      edited((bytes) => bytes.writeBigUInt64LE(2n ** 47n, firstTensor + 4)),
      /impossible shape/,
    ],
    ["a tensor past the end", edited((bytes) => bytes.writeBigUInt64LE(2n ** 20n, firstTensor + 4)), /truncated/],
    ["a tensor at an odd place", edited((bytes) => bytes.writeBigUInt64LE(1n, firstTensor + 24)), /not aligned/],
    ["an alignment of nothing", tinyModel({ metadata: { "general.alignment": { u32: 0 } } }), /alignment/],
  ];
  for (const [what, bytes, message] of cases) {
    test(what, async () => {
      await assert.rejects(readBytes(bytes), (error) => error instanceof GgufError && message.test(String(error)));
    });
  }

  test("cut anywhere", async () => {
    const whole = tinyModel();
    for (let length = 0; length < whole.length; length += 997) {
      await assert.rejects(readBytes(whole.subarray(0, length)), GgufError, `${length} bytes`);
    }
  });
});
