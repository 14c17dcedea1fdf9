import assert from "node:assert/strict";
import { test } from "node:test";
import { formatOf, insertFromFile, insertTarget, quote, readStatement } from "./statement.ts";

test("the first word says what a statement does, whatever comments come before it", () => {
  for (const sql of [
    "select 1",
    "-- DROP\n /* INSERT */ SELECT 1",
    "WITH 1 AS x SELECT x",
    "(SELECT 1)",
    "show tables",
  ])
    assert.equal(readStatement(sql).kind, "read", sql);
  assert.equal(readStatement("INSERT INTO t SELECT 1; ").kind, "insert");
  assert.equal(readStatement("ALTER TABLE t DROP PARTITION 1").kind, "other");
});

test("one statement may end in semicolons, and hold them in strings, names and comments", () => {
  assert.equal(readStatement("SELECT 1 ; ; -- done;\n").sql, "SELECT 1 ");
  for (const sql of [
    "SELECT ';'",
    "SELECT 'it''s; \\'; '",
    'SELECT 1 AS ";"',
    "SELECT 1 /* ; SELECT 2 */",
    "SELECT $$;$$, $a$;$$;$a$",
  ])
    assert.equal(readStatement(sql).sql, sql);
});

test("a second statement, and none, are syntax errors", () => {
  for (const sql of ["SELECT 1; SELECT 2", "SELECT 1;\nDROP TABLE t", "", " -- nothing", ";"])
    assert.throws(() => readStatement(sql), { code: 62 }, sql);
});

test("only a single SELECT is streamed", () => {
  assert.equal(readStatement("SELECT 'select', selected FROM t").streamable, true);
  for (const sql of [
    "SELECT (SELECT 1)",
    "WITH (SELECT 1) AS x SELECT x",
    "SELECT 1 UNION ALL SELECT 2",
    "SHOW TABLES",
  ])
    assert.equal(readStatement(sql).streamable, false, sql);
});

test("the format is the last clause, not a word in a string", () => {
  assert.equal(formatOf("SELECT 1 FORMAT JSONEachRow"), "JSONEachRow");
  assert.equal(formatOf("SELECT 1\nformat CSV SETTINGS max_threads = 1"), "CSV");
  assert.equal(formatOf("SELECT ' FORMAT CSV'"), undefined);
});

test("an insert that waits for data is pointed at a file, before its settings", () => {
  const target = insertTarget("INSERT INTO t (a, `b c`) SETTINGS x = 1 FORMAT JSONEachRow\n")!;
  const sql = insertFromFile(target, "/it's/here");
  assert.equal(
    sql,
    "INSERT INTO t (a, `b c`) FROM INFILE '/it\\'s/here' COMPRESSION 'none' SETTINGS x = 1 FORMAT JSONEachRow",
  );
  for (const sql of ["INSERT INTO t VALUES (1)", "INSERT INTO t FORMAT JSONEachRow {}", "SELECT 1 FORMAT CSV"])
    assert.equal(insertTarget(sql), undefined, sql);
});

test("a quoted string cannot be left from within", () => {
  assert.equal(quote("\\' OR 1"), "'\\\\\\' OR 1'");
});
