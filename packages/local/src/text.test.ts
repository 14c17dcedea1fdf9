import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stopFilter, tokenReader } from "./text.ts";

describe("text from tokens", () => {
  /** The plainest tokenizer there is: a token is a byte. */
  const read = (bytes: Iterable<number>) => {
    const reader = tokenReader((now) => Buffer.from(now).toString("utf8"), []);
    return [...Array.from(bytes, (byte) => reader.push(byte)), reader.end()];
  };

  test("never cuts a character in two", () => {
    assert.deepEqual(read(Buffer.from("aé中😀!")), ["a", "", "é", "", "", "中", "", "", "", "😀", "!", ""]);
  });

  test("lets broken bytes out as replacement characters, without losing what follows", () => {
    assert.equal(read([0xff, 0xe4, 0xb8, 0xad, 0x41]).join(""), "\uFFFD中A");
    assert.equal(read([0xf0, 0x9f, 0x41]).join(""), "\uFFFDA");
    assert.equal(read([0x41, 0xe4]).join(""), "A\uFFFD");
  });

  test("does not hold back an endless run of broken bytes", () => {
    const parts = read(Buffer.alloc(1000, 0xff));
    assert.equal(parts.join(""), "\uFFFD".repeat(1000));
    assert.ok(parts.slice(0, 10).join("").length >= 8);
  });
});

describe("text up to a stop string", () => {
  const filter = (stops: string[], parts: string[]) => {
    const stop = stopFilter(stops);
    const out = parts.map((part) => stop.push(part));
    return { out, rest: stop.end(), met: stop.met };
  };

  test("passes at once where no stop string could begin", () => {
    assert.deepEqual(filter(["END"], ["abc", "def"]), { out: ["abc", "def"], rest: "", met: false });
  });

  test("is held back only while a stop string may be coming", () => {
    assert.deepEqual(filter(["END"], ["one E", "N", "O"]), { out: ["one ", "", "ENO"], rest: "", met: false });
    assert.deepEqual(filter(["END"], ["one EN"]), { out: ["one "], rest: "EN", met: false });
  });

  test("ends before the first of several, and stays ended", () => {
    assert.deepEqual(filter(["END", "two"], ["one t", "wo END", "more"]), {
      out: ["one ", "", ""],
      rest: "",
      met: true,
    });
  });

  test("finds a stop string that begins again inside itself", () => {
    assert.deepEqual(filter(["aab"], ["a", "a", "a", "b"]), { out: ["", "", "a", ""], rest: "", met: true });
  });
});
