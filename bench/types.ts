// Types through our generator and two others, judged by instances: npm run bench -- types [--failures] [--write]
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { openTypeReader } from "@flywheel/schema/types";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { CORPUS_DIR, readCorpus, type CorpusType } from "../packages/schema/test/types-corpus.ts";

const PAGE = new URL("../docs/reference/types-corpus.md", import.meta.url);
const { values } = parseArgs({ options: { failures: { type: "boolean", default: false }, write: { type: "boolean", default: false } } }); // prettier-ignore
const peers = createRequire(new URL("./peers/package.json", import.meta.url));

/** What became of a type: a schema that is right or wrong of some instance, a clear refusal, or nothing one could use. */
type Outcome = "right" | "wrong" | "refused" | "silent";

interface Generator {
  name: string;
  /** @returns the schema; throws where it refuses */
  schemaOf(type: CorpusType): unknown;
}

interface PeerGenerator {
  createGenerator(config: object): { createSchema(type: string): unknown };
}
interface PeerPrograms {
  getProgramFromFiles(files: string[], options: object): unknown;
  buildGenerator(program: unknown, settings: object): { getSchemaForSymbol(name: string): unknown } | null;
}

function ours(): Generator {
  const reader = openTypeReader({ dir: CORPUS_DIR, modules: {} });
  return {
    name: "flywheel",
    schemaOf({ file, name }) {
      const { schema, diagnostics } = reader.readType(file, name);
      if (diagnostics.length > 0) throw new Error(diagnostics[0]!.message);
      return schema;
    },
  };
}

function jsonSchemaGenerator(): Generator {
  const { createGenerator } = peers("ts-json-schema-generator") as PeerGenerator;
  const made = new Map<string, ReturnType<PeerGenerator["createGenerator"]>>();
  return {
    name: "ts-json-schema-generator 2.9.0",
    schemaOf({ file, name }) {
      if (!made.has(file)) made.set(file, createGenerator({ path: file, type: "*", skipTypeCheck: true, additionalProperties: false })); // prettier-ignore
      return made.get(file)!.createSchema(name);
    },
  };
}

function typescriptJsonSchema(): Generator {
  const { getProgramFromFiles, buildGenerator } = peers("typescript-json-schema") as PeerPrograms;
  const made = new Map<string, ReturnType<PeerPrograms["buildGenerator"]>>();
  return {
    name: "typescript-json-schema 0.68.0",
    schemaOf({ file, name }) {
      if (!made.has(file)) {
        const program = getProgramFromFiles([file], { strict: true, lib: ["esnext"], skipLibCheck: true });
        made.set(file, buildGenerator(program, { required: true, noExtraProps: true, ignoreErrors: true }));
      }
      return made.get(file)!.getSchemaForSymbol(name);
    },
  };
}

function judge(generator: Generator, type: CorpusType): { outcome: Outcome; note: string } {
  let schema: unknown;
  try {
    schema = generator.schemaOf(type);
  } catch (error) {
    const note = (error as Error).message.split("\n")[0]!.slice(0, 100);
    return { outcome: type.problem === "" ? "refused" : "right", note };
  }
  if (type.problem !== "") return { outcome: "silent", note: JSON.stringify(schema).slice(0, 100) };
  try {
    const check = validatorOf(schema);
    for (const value of type.accepted)
      if (!check(value)) return { outcome: "wrong", note: `refuses ${JSON.stringify(value)}` };
    for (const value of type.refused)
      if (check(value)) return { outcome: "wrong", note: `accepts ${JSON.stringify(value)}` };
    return { outcome: "right", note: "" };
  } catch (error) {
    return { outcome: "wrong", note: `no valid schema: ${(error as Error).message.slice(0, 80)}` };
  }
}

/** By the draft that a schema says it is written in. */
function validatorOf(schema: unknown): (value: unknown) => boolean {
  const isOld = JSON.stringify(schema).includes("draft-07");
  const options = { strict: false, logger: false } as const;
  const ajv = isOld ? new Ajv(options) : new Ajv2020(options);
  addFormats.default(ajv);
  return ajv.compile(schema as object) as (value: unknown) => boolean;
}

console.warn = () => {}; // one of them tells of every type it does not know
const corpus = readCorpus();
const columns = [ours(), jsonSchemaGenerator(), typescriptJsonSchema()].map((generator) => {
  const began = performance.now();
  const judged = corpus.map((type) => ({ type, ...judge(generator, type) }));
  return { name: generator.name, judged, ms: performance.now() - began };
});

const count = (judged: { outcome: Outcome; type: CorpusType }[], outcome: Outcome, problem: boolean) =>
  judged.filter((each) => each.outcome === outcome && (each.type.problem !== "") === problem).length;
const expressible = corpus.filter(({ problem }) => problem === "").length;
const label = ({ file, name }: CorpusType) => `\`${basename(file, ".ts")}#${name}\``;
const others = columns.slice(1).map(({ name, judged }) => {
  const bad = judged.filter(({ outcome }) => outcome !== "right");
  return [`### ${name}`, "", ...bad.map(({ type, outcome, note }) => `- ${label(type)}: ${outcome}${note === "" ? "" : ` – ${note.replaceAll("|", "\\|").replaceAll("<", "&lt;")}`}`), ""].join("\n"); // prettier-ignore
});

const page = [
  "# Types as JSON Schema, beside others",
  "",
  "<!-- Written by `npm run bench -- types --write`. -->",
  "",
  `${corpus.length} types of \`packages/schema/test/corpus\`, 228 of them written by us before any generator was asked, the rest where ours was`,
  "found wrong or silent later on, each with instances that must be accepted and refused, or with what must be said of it. The",
  "first run found eight faults of our own generator, since mended, and three wrong expectations; `@integer` is a word of ours alone:",
  `ours is held to it, the others are only measured. JSON can say ${expressible} of them; ${corpus.length - expressible} it cannot. *Right*: a schema`,
  "that judges every instance as it must, or, of a type that JSON cannot say, an error. *Silent*: a schema for such a type, without a word.",
  "The others run on TypeScript 5.9, which they bring along, with closed objects and required properties asked for.",
  "",
  "| | right | wrong | refused | of those JSON cannot say: refused | silent | all types, once |",
  "|---|---|---|---|---|---|---|",
  ...columns.map(
    ({ name, judged, ms }) =>
      `| ${name} | ${count(judged, "right", false)} | ${count(judged, "wrong", false)} | ${count(judged, "refused", false)} | ${count(judged, "right", true)} | ${count(judged, "silent", true)} | ${(ms / 1000).toFixed(1)} s |`,
  ),
  "",
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}.`,
  "",
  "## Where the others differ",
  "",
  ...others,
].join("\n");
if (values.failures) for (const { judged } of columns.slice(0, 1)) for (const each of judged) if (each.outcome !== "right") console.error(label(each.type), each.outcome, each.note); // prettier-ignore
if (values.write) writeFileSync(PAGE, page);
else console.log(page);
process.exit(0); // the compiler's process would keep this one
