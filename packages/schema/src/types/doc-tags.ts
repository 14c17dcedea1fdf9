import type { TypeProblem } from "./problem.ts";

/** What a documentation comment adds to a schema. */
export interface DocTags {
  keywords: Record<string, unknown>;
  problems: Omit<TypeProblem, "node">[];
}

type Read = (text: string) => unknown;

const number: Read = (text) => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new Error("needs a number");
  return value;
};
const count: Read = (text) => {
  const value = number(text) as number;
  if (!Number.isInteger(value) || value < 0) throw new Error("needs a whole number, 0 or more");
  return value;
};
const text: Read = (said) => {
  if (said.trim() === "") throw new Error("needs a text");
  return said.trim();
};
const pattern: Read = (said) => {
  const source = text(said) as string;
  void new RegExp(source, "u"); // throws where it is none
  return source;
};
/** JSON; a bare word is a text. */
const json: Read = (said) => {
  try {
    return JSON.parse(said) as unknown;
  } catch {
    return text(said);
  }
};
const yes: Read = () => true;

/** Tags by name, in lower case: the keyword, and how its value is read. */
const TAGS: Readonly<Record<string, readonly [keyword: string, read: Read]>> = {
  minimum: ["minimum", number],
  maximum: ["maximum", number],
  exclusiveminimum: ["exclusiveMinimum", number],
  exclusivemaximum: ["exclusiveMaximum", number],
  multipleof: ["multipleOf", number],
  minlength: ["minLength", count],
  maxlength: ["maxLength", count],
  minitems: ["minItems", count],
  maxitems: ["maxItems", count],
  uniqueitems: ["uniqueItems", yes],
  pattern: ["pattern", pattern],
  format: ["format", text],
  title: ["title", text],
  default: ["default", json],
  deprecated: ["deprecated", yes],
  integer: ["type", () => "integer"],
};
const EXAMPLES = new Set(["example", "examples"]);
/** Those that only say something of numbers, of texts, of arrays. */
const ABOUT: Readonly<Record<string, readonly string[]>> = {
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "type"],
  string: ["minLength", "maxLength", "pattern", "format"],
  array: ["minItems", "maxItems", "uniqueItems"],
};

/** A documentation comment as it is written, from its slash to its slash. */
export function parseComment(written: string): { description: string; tags: { name: string; text: string }[] } {
  const lines = written
    .slice(3, -2)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""));
  const [description = "", ...tags] = lines.join("\n").split(/(?:^|\s)@(?=[a-z])/i);
  return {
    description: description.trim(),
    tags: tags.map((tag) => ({ name: /^\w+/.exec(tag)![0], text: tag.replace(/^\w+/, "").trim() })),
  };
}

/** @param description text above the tags */
export function readDocTags(
  description: string,
  tags: readonly { name: string; text?: string | undefined }[],
): DocTags {
  const keywords: Record<string, unknown> = {};
  const problems: DocTags["problems"] = [];
  if (description.trim() !== "") keywords["description"] = description.trim().replace(/\s*\n\s*/g, "\n");
  for (const { name, text: said = "" } of tags) {
    if (EXAMPLES.has(name)) {
      keywords["examples"] = [...((keywords["examples"] as unknown[] | undefined) ?? []), json(said || "null")];
      continue;
    }
    const known = TAGS[name.toLowerCase()];
    if (!known) continue;
    try {
      keywords[known[0]] = known[1](said);
    } catch (error) {
      problems.push({ message: `\`@${name} ${said}\`: ${(error as Error).message}`, suggestion: `Write it as \`@${name} …\` on a line of its own.` }); // prettier-ignore
    }
  }
  return { keywords, problems };
}

/** The keywords that say something of values of this kind; those of other kinds are returned apart. */
export function fitting(
  keywords: Record<string, unknown>,
  kinds: ReadonlySet<string>,
): { fit: Record<string, unknown>; misfit: string[] } {
  const fit: Record<string, unknown> = {};
  const misfit: string[] = [];
  for (const [keyword, value] of Object.entries(keywords)) {
    const about = Object.keys(ABOUT).find((kind) => ABOUT[kind]!.includes(keyword));
    if (about === undefined || kinds.has(about)) fit[keyword] = value;
    else misfit.push(keyword);
  }
  return { fit, misfit };
}
