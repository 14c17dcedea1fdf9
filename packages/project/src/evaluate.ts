import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { askChild } from "./child.ts";
import { sourcePlaces } from "./source-places.ts";

/** What the evaluating process says: the default export as plain data, or what was thrown. */
export type EvaluateAnswer =
  | { exports: string[]; value: unknown }
  | { message: string; frames: { line: number; column: number }[]; denied: boolean };

/** The default export, or one readable problem. */
export type Evaluation = { value: unknown } | { problem: string };

const CLOSED = "files, network and processes are closed to the configuration; import what it needs";
const ENTRY = new URL("./evaluate-process.ts", import.meta.url);
const READABLE = ["./evaluate-process.ts", "./plain-data.ts"].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);
const PERMISSIONS = ["--permission", ...READABLE.map((file) => `--allow-fs-read=${file}`)];

/**
 * Run a bundle and take back its default export. The process it runs in may read nothing, connect nowhere and start
 * nothing, and is killed after `timeoutMs`. Problems name the place in the user's source, relative to `dir`.
 */
export async function evaluate(
  bundle: { code: string; map: string },
  file: string,
  dir: string,
  timeoutMs: number,
  define = "defineConfig",
): Promise<Evaluation> {
  const name = relative(dir, file);
  const outcome = await askChild<EvaluateAnswer>({
    entry: ENTRY,
    nodeOptions: PERMISSIONS,
    dir,
    message: bundle.code,
    timeoutMs,
  });
  if ("ended" in outcome) {
    const WHY = {
      timeout: `did not finish within ${timeoutMs / 1000} s`,
      memory: "ran out of memory",
      exit: `ended its process (exit code ${outcome.exitCode ?? "none"}) instead of exporting a configuration`,
    };
    return { problem: `${name}: ${WHY[outcome.ended]}` };
  }
  const { answer } = outcome;
  if ("message" in answer) return { problem: thrown(answer, bundle.map, file, dir) };
  if (!answer.exports.includes("default"))
    return { problem: `${name}: has no default export; write \`export default ${define}({ … })\`` };
  return { value: answer.value };
}

type Thrown = Extract<EvaluateAnswer, { message: string }>;

function thrown({ message, frames, denied }: Thrown, map: string, file: string, dir: string): string {
  const reason = denied ? CLOSED : message;
  return `${placeOf(frames, map, file, dir)}: ${reason}`;
}

/** `file:line` of the innermost frame that is the user's own. */
function placeOf(frames: Thrown["frames"], map: string, file: string, dir: string): string {
  const place = sourcePlaces(map, dirname(file), dir)(frames);
  return place ? `${place.file}:${place.line}` : relative(dir, file);
}
