// Grammars of thousands of schemas, written under by models that say anything: npm run bench -- fuzz [--every 10] [--fresh] [--write]
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Schema } from "@flywheel/schema";
import { openConstrainedSampler } from "../packages/local/test/constrained-sampler.ts";
import { writeTinyModel } from "../packages/local/test/tiny-model.ts";
import { fuzz, type FuzzResult } from "../packages/schema/test/fuzz.ts";
import { FUZZ_LIST, fuzzListHash, randomSchema } from "../packages/schema/test/random-schema.ts";
import { readSuite, SUITES } from "../packages/schema/test/suites.ts";
import { sharedData } from "../tests/recordings/shared-data.ts";
import { median, quantile } from "./gateway/statistics.ts";

const PAGE = new URL("../docs/reference/schema-fuzz.md", import.meta.url);
const SPARK = join(import.meta.dirname, "../models/spark/spark.gguf");
const { values } = parseArgs({
  options: {
    every: { type: "string", default: "1" },
    fresh: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const EVERY = Number(values.every);
/** Spark, with its larger vocabulary, goes through so much less. */
const SPARK_EVERY = 10;

interface Arm {
  name: string;
  model: string;
  schemas: [number: number, schema: Schema][];
}

const list = Array.from({ length: FUZZ_LIST.size }, (_, i): [number, Schema] => [i, randomSchema(i)]);
if (fuzzListHash() !== FUZZ_LIST.sha256) throw new Error("randomSchema no longer gives the list of schemas");
const tiny = join(tmpdir(), `flywheel-fuzz-${process.pid}.gguf`);
writeTinyModel(tiny, { contextLength: 2048, layers: 1 });

const arms: Arm[] = [
  { name: "the list, random weights", model: tiny, schemas: some(list) },
  { name: `the list, every ${SPARK_EVERY}th, spark`, model: SPARK, schemas: some(list).filter((_, i) => i % SPARK_EVERY === 0) }, // prettier-ignore
  { name: "SchemaStore, random weights", model: tiny, schemas: some(schemaStore()) },
  { name: "tools of MCP servers, random weights", model: tiny, schemas: some(tools()) },
];

function some<T>(all: T[]): T[] {
  return all.filter((_, i) => i % EVERY === 0);
}

function schemaStore(): [number, Schema][] {
  const folder = sharedData("json-schemas");
  return folder === undefined ? [] : readSuite(folder, SUITES.SchemaStore).map(({ schema }, i) => [i, schema]);
}

function tools(): [number, Schema][] {
  const folder = sharedData("function-calling");
  if (folder === undefined) return [];
  const lines = readFileSync(join(folder, "livemcp_tools.jsonl"), "utf8").trim().split("\n");
  return lines.map((line, i) => [i, (JSON.parse(line) as { inputSchema: Schema }).inputSchema]);
}

/** What was found out before, for the same compiler and the same list. */
const kept = join(tmpdir(), `flywheel-fuzz-${stateHash()}.jsonl`);
if (values.fresh) rmSync(kept, { force: true });
const known = new Map<string, FuzzResult>();
for (const line of existsSync(kept) ? readFileSync(kept, "utf8").split("\n") : []) {
  const [key, result] = line === "" ? [] : (JSON.parse(line) as [string, FuzzResult]);
  if (key !== undefined && result) known.set(key, result);
}

function stateHash(): string {
  const hash = createHash("sha256").update(FUZZ_LIST.sha256);
  const root = join(import.meta.dirname, "..");
  for (const file of globSync(["packages/schema/{src,test}/**/*.ts", "packages/local/test/*.ts"], {
    cwd: root,
  }).toSorted())
    // prettier-ignore
    hash.update(readFileSync(join(root, file)));
  return hash.digest("hex").slice(0, 12);
}

interface Free {
  tokens: number;
  ms: number;
}

async function run({ name, model, schemas }: Arm): Promise<{ results: FuzzResult[]; free: Free }> {
  const sampler = await openConstrainedSampler(model, 2048);
  const results: FuzzResult[] = [];
  for (const [number, schema] of schemas) {
    const key = `${name} ${number}`;
    let result = known.get(key);
    if (!result) {
      result = await fuzz(schema, (grammar) => sampler.sample({ grammar, seed: number + 1, maxTokens: 1500, closeAfter: 60 })); // prettier-ignore
      appendFileSync(kept, `${JSON.stringify([key, result])}\n`);
    }
    results.push(result);
    if (result.outcome === "invalid" && result.enforced) console.error(`\n${key}: ${result.at}`);
    if (process.stderr.isTTY) process.stderr.write(`\r\u001B[2K${name}: ${results.length} of ${schemas.length}`);
  }
  if (process.stderr.isTTY) process.stderr.write("\r\u001B[2K");
  const free: Free = { tokens: 0, ms: 0 };
  for (let seed = 1; seed <= 30; seed++) {
    const { tokens, ms } = await sampler.sample({ seed, maxTokens: 100, closeAfter: Infinity });
    free.tokens += tokens;
    free.ms += ms;
  }
  await sampler.free();
  return { results, free };
}

const percent = (part: number, whole: number) => (whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`);
const perToken = ({ tokens, ms }: Free) => ((1000 * ms) / tokens).toFixed(0);

const rows: string[] = [];
const timings: string[] = [];
for (const arm of arms.filter(({ schemas }) => schemas.length > 0)) {
  const { results, free } = await run(arm);
  const written = results.filter(({ outcome }) => outcome !== "refused");
  const enforced = written.filter((each) => each.enforced);
  const finished = (from: FuzzResult[]) => from.filter(({ outcome }) => outcome !== "cut" && outcome !== "unjudged");
  const valid = (from: FuzzResult[]) => from.filter(({ outcome }) => outcome === "valid");
  const share = (from: FuzzResult[]) => `${valid(from).length} of ${finished(from).length} (${percent(valid(from).length, finished(from).length)})`; // prettier-ignore
  const cut = written.filter(({ outcome }) => outcome === "cut").length;
  const count = (outcome: FuzzResult["outcome"]) => results.filter((each) => each.outcome === outcome).length;
  rows.push(`| ${arm.name} | ${results.length} | ${percent(enforced.length, written.length)} | ${percent(written.length - cut, written.length)} | ${share(enforced)} | ${share(written.filter((each) => !each.enforced))} | ${count("refused")} | ${count("unjudged")} |`); // prettier-ignore
  const compiled = results.map(({ compileMs }) => compileMs);
  const spent = written.reduce((sum, { tokens, ms }) => ({ tokens: sum.tokens + tokens, ms: sum.ms + ms }), { tokens: 0, ms: 0 }); // prettier-ignore
  timings.push(`| ${arm.name} | ${median(compiled).toFixed(1)} | ${quantile(compiled, 0.95).toFixed(1)} | ${spent.tokens} | ${perToken(spent)} | ${perToken(free)} |`); // prettier-ignore
}
rmSync(tiny);

const page = [
  "# Grammars, fuzzed",
  "",
  "<!-- Written by `npm run bench -- fuzz --write`. -->",
  "",
  "Models that say anything at all, sampled by llama.cpp under the grammars that schemas compile to; what they write is",
  "judged as it stands by a validator that knows nothing of the compiler. The list is",
  `${FUZZ_LIST.size} schemas made by \`packages/schema/test/random-schema.ts\` (SHA-256 of the list`,
  `\`${FUZZ_LIST.sha256}\`); its first model has random weights, the second is spark at a`,
  "temperature at which nothing of what it learnt is left.",
  "",
  "- *enforced*: the report calls every keyword enforced. Then every finished text must be valid.",
  "- *finished*: the grammar came to its end within 1500 tokens. After 60 tokens a bias, here only, prefers what closes a",
  "  text, an array or an object.",
  "- *refused*: the compiler finds that no value is allowed. *not judged*: the validator does not take the schema.",
  "",
  "| | schemas | enforced | finished | valid where enforced | valid where not | refused | not judged |",
  "|---|---|---|---|---|---|---|---|",
  ...rows,
  "",
  "| | compile, ms: median | p95 | tokens written | µs a token under a grammar | without |",
  "|---|---|---|---|---|---|",
  ...timings,
  "",
  "The sampler here keeps to UTF-8 and away from control tokens by itself: llama.cpp takes the overlong form of a character",
  "for the character, and a control token for its name, which a model with random weights stumbles upon and a trained one",
  "does not. The cost is in both columns of the times. So hot a model's first choice is nearly always refused, and then",
  "llama.cpp tries its whole vocabulary: the times under a grammar are the worst there are.",
  "",
  `${cpus()[0]?.model.trim()}, one thread, Node ${process.version}.`,
  "",
].join("\n");
if (values.write) writeFileSync(PAGE, page);
else console.log(page);
