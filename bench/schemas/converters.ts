import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { compileFunction, constants } from "node:vm";
import { compileSchema, type Schema } from "@flywheel/schema";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";
import { recogniser } from "../../packages/schema/test/recogniser.ts";

/** Which of some compact texts the grammar of a schema accepts. Throws where there is no grammar. */
export type Converter = (schema: Schema, texts: readonly string[]) => Promise<boolean[]>;

export interface Converted {
  name: string;
  /** Where it is from; "" for our own. */
  source: string;
  /** Loads what it needs. */
  open(): Promise<Converter>;
}

export const CONVERTERS = {
  flywheel: { name: "Flywheel", source: "", open: async () => ours },
  xgrammar: {
    name: "XGrammar",
    source: "`@mlc-ai/web-xgrammar` 0.1.27, `strictMode` off, by its own matcher",
    open: () => xgrammar(false),
  },
  "xgrammar-strict": {
    name: "XGrammar, strict",
    source: "the same as it comes: what a schema does not name is forbidden",
    open: () => xgrammar(true),
  },
  "node-llama-cpp": {
    name: "node-llama-cpp",
    source: "`node-llama-cpp` 3.22.1, `createGrammarForJsonSchema`, by the recogniser that judges ours",
    open: nodeLlamaCpp,
  },
} satisfies Record<string, Converted>;

const ours: Converter = async (schema, texts) => texts.map(recogniser(compileSchema(schema).gbnf).accepts);

/** Its grammar wants four line breaks after the value. */
async function nodeLlamaCpp(): Promise<Converter> {
  const llama = await getLlama({ build: "never", gpu: false, maxThreads: 1, logLevel: LlamaLogLevel.disabled });
  type Accepted = Parameters<typeof llama.createGrammarForJsonSchema>[0];
  return async (schema, texts) => {
    const { grammar } = await llama.createGrammarForJsonSchema(schema as Accepted);
    const { accepts } = recogniser(grammar);
    return texts.map((text) => accepts(`${text}\n\n\n\n`));
  };
}

interface XGrammar {
  Grammar: {
    fromJSONSchema(
      schema: string,
      anyWhitespace: boolean,
      indent: undefined,
      separators: undefined,
      strictMode: boolean,
    ): Promise<{ dispose(): void }>;
  };
  Testings: { isGrammarAcceptString(grammar: unknown, text: string): Promise<boolean> };
}

async function xgrammar(strict: boolean): Promise<Converter> {
  let loaded = loadXGrammar();
  const convert: Converter = async (schema, texts) => {
    const { Grammar, Testings } = loaded;
    const grammar = await Grammar.fromJSONSchema(JSON.stringify(schema), true, undefined, undefined, strict);
    const accepted: boolean[] = [];
    for (const text of texts) accepted.push(await Testings.isGrammarAcceptString(grammar, text));
    grammar.dispose();
    return accepted;
  };
  return async (schema, texts) => {
    try {
      return await convert(schema, texts);
    } catch (error) {
      loaded = loadXGrammar(); // What it refuses leaves it aborted.
      throw error;
    }
  };
}

/** The package says it is a module and is none, so it is read as what it is. */
function loadXGrammar(): XGrammar {
  const path = join(import.meta.dirname, "../peers/node_modules/@mlc-ai/web-xgrammar/lib/index.js");
  const run = compileFunction(readFileSync(path, "utf8"), ["exports", "module", "require", "__filename", "__dirname"], {
    filename: path,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  run(module.exports, module, createRequire(path), path, dirname(path));
  return module.exports as XGrammar;
}
