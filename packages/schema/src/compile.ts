import { openDocument, type Place, type Schema } from "./documents.ts";
import { arrayExpression } from "./arrays.ts";
import { either, type Expression, FAIL, type Grammar, maybe, one, pruned, repeat, rule, sequence, text, toGbnf } from "./grammar.ts"; // prettier-ignore
import { numberLanguage } from "./numbers.ts";
import { objectExpression } from "./objects.ts";
import { createReader, SchemaError } from "./read.ts";
import { createReport, type KeywordReport, type Report } from "./report.ts";
import type { Alternative, Node, NumberShape } from "./shape.ts";
import { languageExpression, type Rules, stringExpression } from "./strings.ts";

export interface CompileOptions {
  /** Hold strings to the formats known here. JSON Schema leaves that to the reader; default true. */
  formats?: boolean;
  /** `bounded`: a space, or a line break and an indent, may stand where JSON allows it. Default `none`. */
  whitespace?: "none" | "bounded";
  /** What stands before and after the value. */
  around?: readonly [before: string, after: string];
}

export interface CompiledSchema {
  /** In GBNF, with the start rule `root`. */
  gbnf: string;
  /** One line for each keyword of the schema that says something of the value. */
  report: KeywordReport[];
  /** Whether every keyword is enforced: then every text that the grammar completes is valid. */
  enforced: boolean;
}

/** What makes a value's expression of a node, and what its punctuation looks like. */
export interface Writer extends Rules {
  report: Report;
  alternatives(node: Node): readonly Alternative[];
  value(node: Node): Expression;
  comma: Expression;
  colon: Expression;
  /** After an opening and before a closing bracket. */
  space: Expression;
}

/**
 * A grammar whose texts are the compact JSON values that a schema allows, the properties of objects in the order in which
 * the schema names them.
 *
 * @throws SchemaError where no value at all is allowed, or the schema cannot be read
 */
export function compileSchema(schema: Schema, options: CompileOptions = {}): CompiledSchema {
  try {
    return compile(schema, options, true);
  } catch (error) {
    if (!(error instanceof SchemaError) || !error.grows) throw error;
    return compile(schema, options, false);
  }
}

/** @param exact see `ReaderOptions` of `read.ts` */
function compile(schema: Schema, options: CompileOptions, exact: boolean): CompiledSchema {
  const report = createReport();
  const document = openDocument(schema);
  const reader = createReader(document, report, { formats: options.formats ?? true, exact });
  const grammar = write(document.root, reader.alternatives, report, options);
  if (grammar.size === 0) throw new SchemaError("", "no value is allowed");
  const lines = report.lines();
  return { gbnf: toGbnf(grammar), report: lines, enforced: lines.every(({ action }) => action === "enforced") };
}

function write(
  root: Place,
  alternatives: Writer["alternatives"],
  report: Report,
  { whitespace, around: [before, after] = ["", ""] }: CompileOptions,
): Grammar {
  const rules = new Map<string, Expression>([["root", FAIL]]);
  const names = new Map<string, string>();
  const pending: (() => void)[] = [];

  function define(key: string, hint: string, make: () => Expression): Expression {
    const known = names.get(key);
    if (known !== undefined) return rule(known);
    const name = unusedName(rules, hint);
    names.set(key, name);
    rules.set(name, FAIL);
    pending.push(() => void rules.set(name, make()));
    return rule(name);
  }

  const space = whitespace === "bounded" ? define("white space", "ws", whiteSpace) : text("");
  const writer: Writer = {
    report,
    define,
    alternatives,
    value: (node) => define(`value ${keyOf(node)}`, nameOf(node), () => valueOf(writer, alternatives(node))),
    comma: sequence(text(","), space),
    colon: sequence(text(":"), space),
    space,
  };
  const start = writer.value([root]);
  // Rules are made one after the other, not within each other: a deep schema must not need a deep stack.
  for (let next = pending.pop(); next; next = pending.pop()) next();
  rules.set("root", sequence(text(before), start, text(after)));
  return pruned(rules);
}

const whiteSpace = () =>
  maybe(either(text(" "), sequence(text("\n"), repeat(one([[0x09, 0x09], [0x20, 0x20]]), 0, 20)))); // prettier-ignore

const keyOf = (node: Node) => [...new Set(node.map(({ pointer }) => `#${pointer}`))].toSorted().join(" & ");

/** The last word of where the schema stands, as far as GBNF can write it. */
function nameOf(node: Node): string {
  const last = node[0]?.pointer.split("/").at(-1) ?? "";
  const name = last.replace(/[^A-Za-z0-9]+/g, "-").replace(/^[-0-9]+|-+$/g, "");
  return name === "" ? "value" : name.slice(0, 40);
}

function unusedName(rules: ReadonlyMap<string, unknown>, hint: string): string {
  if (!rules.has(hint)) return hint;
  for (let number = rules.size; ; number++) if (!rules.has(`${hint}-${number}`)) return `${hint}-${number}`;
}

function valueOf(writer: Writer, alternatives: readonly Alternative[]): Expression {
  return either(...alternatives.map((each) => alternativeOf(writer, each)));
}

function alternativeOf(writer: Writer, alternative: Alternative): Expression {
  switch (alternative.type) {
    case "null":
      return text("null");
    case "boolean":
      return either(...alternative.values.map((value) => text(String(value))));
    case "number":
      return numberExpression(writer, alternative);
    case "string":
      return stringExpression(alternative, writer, writer.report);
    case "array":
      return arrayExpression(writer, alternative);
    case "object":
      return objectExpression(writer, alternative);
    case "exact":
      return text(JSON.stringify(alternative.value));
  }
}

function numberExpression({ report, define }: Writer, shape: NumberShape): Expression {
  if (shape.values) return either(...shape.values.map((value) => text(String(value))));
  const { language, approximated } = numberLanguage(shape);
  for (const { path, keyword } of shape.origins)
    if (approximated !== undefined) report.note(path, keyword, "approximated", approximated);
  return define(`number ${language.key}`, shape.integer ? "integer" : "number", () => {
    const exact = languageExpression(language, { define });
    if (exact) return exact;
    for (const { path, keyword } of shape.origins)
      report.note(path, keyword, "checked afterwards", "it grows too large");
    return languageExpression(numberLanguage({ integer: shape.integer }).language, { define })!;
  });
}
