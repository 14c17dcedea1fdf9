import type { DialectId } from "@flywheel/protocol";
import { embeddings } from "./embeddings.ts";
import { CASE_NAMES } from "./fixtures/case.ts";
import type { CaseName } from "./fixtures/case.ts";
import { FIXTURES } from "./fixtures/index.ts";
import { FAULTS } from "./faults.ts";
import type { Fault, FaultName } from "./faults.ts";
import { fixtureScript, plainScript } from "./scene.ts";
import type { Scene, Script } from "./scene.ts";

/** A request as far as it decides what is said. */
export interface ScriptedRequest {
  path: string;
  /** The body's text. */
  text: string;
  body: Record<string, unknown> & { model?: string; stream?: boolean; stream_options?: { include_usage?: boolean } };
}

const PATHS: readonly [RegExp, DialectId][] = [
  [/^\/fixtures\/chat\/completions$/, "openai-chat"],
  [/\/responses$/, "openai-responses"],
  [/\/messages$/, "anthropic-messages"],
  [/\/models\/[^/]+:(generateContent|streamGenerateContent\?alt=sse)$/, "gemini"],
];

/** The result of a tool, in any dialect's words: then the conversation goes on with a text. */
const TOOL_RESULT = /"role":"tool"|"function_call_output"|"tool_result"|"functionResponse"/;

/**
 * What the model's name asks for: a case, a fault, or both as in `tools+reset`; the case `text` and the fault `ok` where
 * they are not named. A fault may have an argument (`cut@120`); whatever stands before a slash or after a colon is no
 * part of the name. A fault or words that are given are played whatever the name.
 */
export function play(request: ScriptedRequest, to: Pick<Scene, "res" | "socket">, given?: Fault, said?: string): void {
  const { path, body, text } = request;
  const dialect = PATHS.find(([pattern]) => pattern.test(path))?.[1];
  const model = decodeURIComponent(/\/models\/([^/:]+):/.exec(path)?.[1] ?? body.model ?? "");
  const words = model.split("/").at(-1)!.split(":")[0]!.split("+");
  const stream = body.stream === true || path.includes(":streamGenerateContent");
  const [fault = "ok", argument = ""] = words.map((word) => word.split("@")).find(([name]) => isFault(name)) ?? [];
  const vectors = embeddings(path, body);
  const script =
    dialect === undefined
      ? plainScript(body.model ?? "ok", body.stream_options?.include_usage === true)
      : said !== undefined
        ? fixtureScript(FIXTURES[dialect], FIXTURES[dialect].saying(said))
        : caseScript(dialect, TOOL_RESULT.test(text) ? "text" : (words.find(isCase) ?? "text"));
  if (vectors) script.whole = JSON.stringify(vectors);
  (given ?? FAULTS[fault as FaultName])({ ...script, stream, argument, ...to });
}

function caseScript(dialect: DialectId, name: CaseName): Script {
  return fixtureScript(FIXTURES[dialect], FIXTURES[dialect].cases[name]);
}

const isFault = (name: string | undefined): boolean => name !== undefined && Object.hasOwn(FAULTS, name);
const isCase = (name: string): name is CaseName => (CASE_NAMES as readonly string[]).includes(name);
