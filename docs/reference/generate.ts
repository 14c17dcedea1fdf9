// Writes the reference of the configuration from the types that users meet: `npm run docs`. A test compares.

import { readFileSync, writeFileSync } from "node:fs";
import { BUILT_IN_PATTERNS } from "flywheel";

interface Property {
  name: string;
  type: string;
  optional: boolean;
  doc: Doc;
}

interface Doc {
  text: string;
  default: string;
  example: string;
}

const SOURCE = new URL("../../packages/framework/src/config.ts", import.meta.url);
const TARGET = new URL("./configuration.md", import.meta.url);

/** The whole page. */
export function configurationReference(): string {
  const source = readFileSync(SOURCE, "utf8");
  const interfaces = interfacesOf(source);
  const sections = interfaces.get("ConfigInput")!.map((property) => section(property, interfaces));
  return `${[HEAD, docOf(docBefore(source, "export function defineConfig")).text, ...sections].join("\n\n")}\n`;
}

/** The examples of all keys, by key. */
export function configurationExamples(): Map<string, string> {
  const properties = interfacesOf(readFileSync(SOURCE, "utf8")).get("ConfigInput")!;
  return new Map(properties.map(({ name, doc }) => [name, doc.example]));
}

const HEAD = `# Configuration

<!-- Written by \`npm run docs\` from packages/framework/src/config.ts; edit there. -->`;

type Interfaces = Map<string, Property[]>;

function interfacesOf(source: string): Interfaces {
  const blocks = source.matchAll(/^export interface (\w+) \{\n([^]*?)^\}/gm);
  return new Map(Array.from(blocks, ([, name, body]) => [name!, propertiesOf(body!)]));
}

function propertiesOf(body: string): Property[] {
  return Array.from(
    body.matchAll(/^ {2}(\/\*\*[^]*?\*\/\n {2})?(\w+)(\??): ([^]*?);$/gm),
    ([, doc, name, mark, type]) => ({
      name: name!,
      type: type!.replace(/\s+/g, " "),
      optional: mark === "?",
      doc: docOf(doc ?? ""),
    }),
  );
}

function docBefore(source: string, declaration: string): string {
  const before = source.slice(0, source.indexOf(declaration));
  return before.slice(before.lastIndexOf("/**"));
}

function docOf(comment: string): Doc {
  const lines = comment.replace(/^\s*\/\*\*|\*\/\s*$/g, "").split("\n");
  const text = lines
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .trim();
  const [main = "", ...tags] = text.split(/^@/m);
  const tag = (name: string) =>
    tags
      .find((each) => each.startsWith(name))
      ?.slice(name.length)
      .trim() ?? "";
  return { text: main.trim(), default: tag("default"), example: tag("example") };
}

function section({ name, type, doc }: Property, interfaces: Interfaces): string {
  const parts = [`## \`${name}\``, doc.text, `**Type** \`${type}\``, `**Default** ${doc.default}`];
  parts.push(...tables(type, interfaces));
  if (name === "redaction") parts.push(patterns());
  return [...parts, "```ts", doc.example, "```"]
    .join("\n\n")
    .replace("```ts\n\n", "```ts\n")
    .replace(/\n\n```$/, "\n```");
}

/** The keys of every object in a type, and of the objects in those. */
function tables(type: string, interfaces: Interfaces): string[] {
  const parts: string[] = [];
  for (const [inner, properties] of interfaces) {
    if (!type.includes(inner)) continue;
    parts.push(table(properties));
    for (const property of properties) {
      const nested = tables(property.type, interfaces);
      if (nested.length > 0) parts.push(`In \`${property.name}\`:`, ...nested);
    }
  }
  return parts;
}

function table(properties: Property[]): string {
  const rows = properties.map(({ name, type, optional, doc }) => {
    const fallback = optional ? doc.default : "required";
    return [`\`${name}\``, `\`${type.replaceAll("|", "\\|")}\``, oneLine(fallback), oneLine(doc.text)];
  });
  return tableOf(["key", "type", "default", "meaning"], rows);
}

function patterns(): string {
  const rows = Object.entries(BUILT_IN_PATTERNS).map(([name, { finds }]) => [`\`"${name}"\``, finds]);
  return tableOf(["name", "finds"], rows);
}

function tableOf(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

const oneLine = (text: string) => text.replace(/\s+/g, " ");

if (import.meta.main) writeFileSync(TARGET, configurationReference());
