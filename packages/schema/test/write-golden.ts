// Writes `golden.json` anew: node packages/schema/test/write-golden.ts. Read the difference before you keep it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTypeReader } from "../src/types/type-reader.ts";
import { CORPUS_DIR, readCorpus } from "./types-corpus.ts";

const reader = openTypeReader({ dir: CORPUS_DIR, modules: {} });
const lines = readCorpus().map(({ file, name }) => {
  const { schema, diagnostics } = reader.readType(file, name);
  const value = diagnostics.length > 0 ? { problem: diagnostics[0]!.message } : schema;
  return `  ${JSON.stringify(`${file.split("/").at(-1)}#${name}`)}: ${JSON.stringify(value)}`;
});
writeFileSync(join(CORPUS_DIR, "golden.json"), `{\n${lines.join(",\n")}\n}\n`);
reader.close();
