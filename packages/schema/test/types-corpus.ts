import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Its folder. */
export const CORPUS_DIR = join(import.meta.dirname, "corpus");

/** One exported type, with what is known of it: written beside it by hand, before any generator was asked. */
export interface CorpusType {
  file: string;
  name: string;
  accepted: unknown[];
  refused: unknown[];
  /** What must be said of a type that no schema can say; "" where one can. */
  problem: string;
}

/** Every exported type that carries instances or a problem. */
export function readCorpus(): CorpusType[] {
  const files = readdirSync(CORPUS_DIR).filter((name) => name.endsWith(".ts"));
  return files.flatMap((name) => readFile(join(CORPUS_DIR, name)));
}

function readFile(file: string): CorpusType[] {
  const found: CorpusType[] = [];
  const fresh = (): CorpusType => ({ file, name: "", accepted: [], refused: [], problem: "" });
  let next = fresh();
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [, mark, text = ""] = /^\/\/([-+!]) (.*)$/.exec(line) ?? [];
    if (mark === "+") next.accepted.push(...values(text));
    if (mark === "-") next.refused.push(...values(text));
    if (mark === "!") next.problem = text;
    const name = /^export (?:type|interface|class|enum) (\w+)/.exec(line)?.[1];
    if (name === undefined) continue;
    if (next.problem !== "" || next.accepted.length > 0) found.push({ ...next, name });
    next = fresh();
  }
  return found;
}

/** JSON values, one after the other. */
function values(text: string): unknown[] {
  const found: unknown[] = [];
  let rest = text.trim();
  while (rest !== "") {
    let end = rest.indexOf(" ");
    for (; end > 0 && !isJson(rest.slice(0, end)); end = rest.indexOf(" ", end + 1));
    const value = end < 0 ? rest : rest.slice(0, end);
    found.push(JSON.parse(value));
    rest = rest.slice(value.length).trim();
  }
  return found;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
