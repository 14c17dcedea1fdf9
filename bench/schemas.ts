// Schema suites through our grammars and through others' converters: npm run bench -- schemas [--only flywheel,xgrammar] [--failures] [--write]
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { readSuite, SUITES } from "../packages/schema/test/suites.ts";
import { sharedData } from "../tests/recordings/shared-data.ts";
import { CONVERTERS, type Converted } from "./schemas/converters.ts";
import type { Judged, Task } from "./schemas/worker.ts";

const PAGE = new URL("../docs/reference/schema-suites.md", import.meta.url);
const { values } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(CONVERTERS).join(",") },
    failures: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
/** For one schema and its values. */
const LIMIT_MS = 30_000;

const folder = sharedData("json-schemas");
if (folder === undefined) throw new Error("shared/data/json-schemas is not here");
const names = values.only.split(",") as (keyof typeof CONVERTERS)[];

/** Judges what is left of a suite in a thread, and starts another where one schema takes too long. */
async function judgeSuite(task: Task, size: number, tell: (judged: Judged) => void): Promise<void> {
  for (let { from } = task; from < size;) {
    const worker = new Worker(new URL("./schemas/worker.ts", import.meta.url), { workerData: { ...task, from }, stdout: true, stderr: true }); // prettier-ignore
    from = await new Promise<number>((resolve) => {
      let next = from;
      const late = () => {
        tell({ index: next, name: "", verdict: { outcome: "does not compile", validated: false, at: "time" }, ms: LIMIT_MS }); // prettier-ignore
        void worker.terminate().then(() => resolve(next + 1));
      };
      let timer = setTimeout(late, LIMIT_MS);
      worker.on("message", (judged: Judged) => {
        clearTimeout(timer);
        tell(judged);
        next = judged.index + 1;
        if (next < size) timer = setTimeout(late, LIMIT_MS);
        else void worker.terminate().then(() => resolve(size));
      });
      worker.on("error", late);
    });
  }
}

function row(name: string, judged: readonly Judged[]): string {
  const of = (outcome: Judged["verdict"]["outcome"]) => judged.filter(({ verdict }) => verdict.outcome === outcome);
  const passes = of("passes").length;
  const accepting = of("accepts an invalid value");
  const withValidation = passes + accepting.filter(({ verdict }) => verdict.validated).length;
  const share = (count: number) => `${count} (${((100 * count) / judged.length).toFixed(1)} %)`;
  return `| ${name} | ${share(passes)} | ${share(withValidation)} | ${of("does not compile").length} | ${of("refuses a valid value").length} | ${accepting.length} |`; // prettier-ignore
}

const tables: string[] = [];
for (const [suite, file] of Object.entries(SUITES)) {
  const cases = readSuite(folder, file);
  const instances = cases.reduce((sum, each) => sum + each.instances.length, 0);
  const rows: string[] = [];
  for (const converter of names) {
    const { name }: Converted = CONVERTERS[converter];
    const judged: Judged[] = [];
    await judgeSuite({ converter, folder, file, from: 0 }, cases.length, (each) => {
      judged.push(each);
      if (process.stderr.isTTY)
        process.stderr.write(`\r\u001B[2K${suite}: ${name} ${judged.length} of ${cases.length}`);
    });
    if (process.stderr.isTTY) process.stderr.write("\r\u001B[2K");
    rows.push(row(name, judged));
    if (values.failures)
      for (const { index, verdict } of judged)
        if (verdict.outcome !== "passes")
          console.log(`${name}\t${verdict.outcome}\t${cases[index]!.name}\t${verdict.at}`);
  }
  tables.push(
    `## ${suite}`,
    "",
    `${cases.length} schemas, ${instances} values.`,
    "",
    "| | passes by the grammar alone | with validation after it | does not compile | refuses a valid value | accepts an invalid value |",
    "|---|---|---|---|---|---|",
    ...rows,
    "",
  );
}

const sources = names.map((each): Converted => CONVERTERS[each]).filter(({ source }) => source !== "");
const page = [
  "# Schema suites",
  "",
  "<!-- Written by `npm run bench -- schemas --write`. -->",
  "",
  "A schema *passes* where its grammar compiles, accepts every valid value (compact, its keys in the order in which the",
  "schema names them) and refuses every invalid one. The values and their labels are the suites' own. *With validation",
  "after it*: what the grammar wrongly accepts is refused by a validator; what it wrongly refuses stays refused. A schema",
  "that admits no value at all passes where it does not compile. Where a suite means `format` as a remark, it is taken out",
  "for everybody.",
  "",
  ...sources.map(({ name, source }) => `- **${name}**: ${source}`),
  "",
  ...tables,
  `${cpus()[0]?.model.trim()}, Node ${process.version}; ${LIMIT_MS / 1000} s for a schema and its values, or it does not compile.`,
  "",
].join("\n");
if (values.write) writeFileSync(PAGE, page);
else console.log(page);
