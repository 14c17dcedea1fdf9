import { exception } from "./exception.ts";

/**
 * - `read`: may be cancelled at any moment and changes nothing
 * - `insert`: puts rows in
 * - `other`: DDL and the like
 */
export type StatementKind = "read" | "insert" | "other";

/** What the front has to know of a statement before it hands it on. Everything else is for the engine to judge. */
export interface Statement {
  sql: string;
  kind: StatementKind;
  /** Whether its result can be sent on in pieces as it is computed. */
  streamable: boolean;
}

const READ = new Set(["SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK"]);

/** Formats whose pieces, put one behind the other, are one result: rows without a header or a footer. */
const ROW_FORMATS = new Set([
  "JSONEachRow",
  "JSONStringsEachRow",
  "JSONCompactEachRow",
  "JSONCompactStringsEachRow",
  "TabSeparated",
  "TSV",
  "TabSeparatedRaw",
  "TSVRaw",
  "CSV",
  "RowBinary",
]);

/** A quoted piece, a comment, a heredoc, a semicolon, or a word. */
const TOKEN =
  /'(?:[^'\\]|\\[^]|'')*'|"(?:[^"\\]|\\[^]|"")*"|`(?:[^`\\]|\\[^]|``)*`|--[^\n]*|#[ !][^\n]*|\/\*[^]*?\*\/|\$(\w*)\$[^]*?\$\1\$|;|[A-Za-z_]\w*/g;

/**
 * Look a statement over. Throws a syntax error where there is none, or more than one, as a ClickHouse server does.
 * A SELECT within a SELECT is not streamed: the engine computes scalar subqueries while it opens the stream, on the
 * thread that serves everyone.
 */
export function readStatement(text: string): Statement {
  const sql = text.trim();
  let first = "";
  let selects = 0;
  let end = -1;
  for (const { 0: token, index } of sql.matchAll(TOKEN)) {
    if (/^(?:--|#|\/\*)/.test(token)) continue;
    if (end >= 0 && token !== ";") throw exception("SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed)");
    if (token === ";") end = end < 0 ? index : end;
    const word = token.toUpperCase();
    first ||= /^[A-Z]/.test(word) ? word : "";
    if (word === "SELECT") selects++;
    // What follows may be data, in which a semicolon means nothing.
    if (first === "INSERT") return { sql, kind: "insert", streamable: false };
  }
  if (!first) throw exception("SYNTAX_ERROR", "Empty query");
  const kind = READ.has(first) ? "read" : "other";
  return { sql: end < 0 ? sql : sql.slice(0, end), kind, streamable: first === "SELECT" && selects === 1 };
}

export function isRowFormat(format: string): boolean {
  return ROW_FORMATS.has(format);
}

/** The format a statement names for its result, if it names one. */
export function formatOf(sql: string): string | undefined {
  return /\bFORMAT\s+(\w+)\s*(?:SETTINGS\b[^]*)?$/i.exec(sql)?.[1];
}

/** An `INSERT … FORMAT x` whose data travels beside it, taken apart so that the data can be named as a file. */
export interface InsertTarget {
  into: string;
  settings: string;
  format: string;
}

/** `undefined` where the statement is anything but an insert that waits for data. */
export function insertTarget(sql: string): InsertTarget | undefined {
  const found =
    /^(?<into>INSERT\b[^]*?\S)(?:\s+(?<settings>SETTINGS\s[^]*?))?\s+FORMAT\s+(?<format>\w+)\s*;?\s*$/i.exec(
      sql.trim(),
    );
  if (!found) return undefined;
  const { into, settings, format } = found.groups!;
  return { into: into!, settings: settings ?? "", format: format! };
}

/** Reading the data from a file keeps it out of our memory and takes every format, binary ones included. */
export function insertFromFile({ into, settings, format }: InsertTarget, file: string): string {
  return `${into} FROM INFILE ${quote(file)} COMPRESSION 'none' ${settings} FORMAT ${format}`;
}

/** A string literal. */
export function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** A quoted name. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
}
