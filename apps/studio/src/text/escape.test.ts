import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { oneLine, segments } from "./escape.ts";

const shown = (text: string): string =>
  segments(text)
    .map((part) => part.text)
    .join("");

test("an ANSI colour code is shown as an escape and marked as one", () => {
  deepEqual(segments("a\u001b[31mb"), [
    { text: "a", escaped: false },
    { text: "\\x1b", escaped: true },
    { text: "[31mb", escaped: false },
  ]);
});

test("bidirectional overrides, zero-width marks and lone surrogates become visible", () => {
  equal(shown("\u202e\u2066\u200b\ufeff\ud800"), "\\u202e\\u2066\\u200b\\ufeff\\ud800");
  equal(shown("\u{e0041}"), "\\u{e0041}");
});

test("newlines, tabs, joined emoji and right-to-left letters stay as they are", () => {
  const text = "one\n\ttwo 👩‍💻 שלום";
  equal(shown(text), text);
  equal(segments(text).length, 1);
});

test("Windows line ends read as line ends, a lone carriage return as an escape", () => {
  equal(shown("a\r\nb\rc"), "a\nb\\x0dc");
});

test("a megabyte of alternating controls does not become a million elements", () => {
  const parts = segments("a\u0000".repeat(500_000));
  equal(parts.length, 1);
  ok(parts[0]!.text.startsWith("a\\x00a"));
});

test("a list preview is one line", () => {
  equal(oneLine("  first\n\nsecond\u0007\t third "), "first second\\x07 third");
});
