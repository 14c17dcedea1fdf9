import { equal } from "node:assert/strict";
import { test } from "node:test";
import { indentBody, indentJson } from "./indent.ts";

test("indented JSON equals what JSON.stringify writes", () => {
  const value = { a: [1, { b: 'x: {[,]} "q" \\' }, [], {}], c: null, d: { e: true }, "": -1.5e-7 };
  equal(indentJson(JSON.stringify(value)), JSON.stringify(value, null, 2));
  equal(indentJson(JSON.stringify(value, null, 7)), JSON.stringify(value, null, 2));
});

test("numbers too long for a double and repeated keys survive", () => {
  equal(indentJson('{"seed":12345678901234567890,"seed":1}'), '{\n  "seed": 12345678901234567890,\n  "seed": 1\n}');
});

test("text that is not JSON is left alone", () => {
  for (const text of ["", "{oops", "<html>", "[DONE]", ' {"a":1']) equal(indentJson(text), text);
});

test("each server-sent event is a block with its data indented", () => {
  equal(
    indentBody('event: x\r\ndata: {"a":1}\r\n\r\n: keep-alive\n\n\ndata: [DONE]\n\n'),
    'event: x\ndata: {\n  "a": 1\n}\n\n: keep-alive\n\ndata: [DONE]',
  );
});

test("a megabyte of JSON in one string is indented", () => {
  const body = JSON.stringify({ text: '\\"x'.repeat(300_000) });
  equal(indentBody(body), `{\n  "text": ${body.slice(8, -1)}\n}`);
});
