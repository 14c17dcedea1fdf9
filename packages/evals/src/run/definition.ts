import { FlywheelError } from "@flywheel/protocol";
import type { GateRule, Message } from "flywheel";

/** An evaluator as it came out of the project: functions stay behind and are called there. */
export type Evaluator = { readonly name: string } & (
  | { readonly type: "exact"; readonly ignoreCase: boolean }
  | { readonly type: "json"; readonly fields: readonly string[] | null }
  | { readonly type: "regex"; readonly pattern: RegExp }
  | { readonly type: "number"; readonly tolerance: number; readonly relative: boolean }
  | { readonly type: "similarity"; readonly model: string; readonly atLeast: number | null }
  | { readonly type: "code"; readonly index: number }
  | { readonly type: "judge"; readonly model: string; readonly rubric: string; readonly labels: string | null }
  | { readonly type: "pairwise"; readonly model: string; readonly rubric: string }
  | { readonly type: "latency" | "cost"; readonly atMost: number }
);

/** A definition that was checked, its defaults filled in. */
export interface Definition {
  readonly dataset: string | readonly unknown[];
  readonly model: string;
  /** Whether the project's code makes the prompt. */
  readonly hasPrompt: boolean;
  readonly evaluators: readonly Evaluator[];
  readonly gate: Readonly<Record<string, GateRule>>;
  readonly noWorseThanBaseline: boolean;
  readonly primary: string;
  readonly paraphrases: readonly string[];
  readonly temperature: number;
  readonly maxOutputTokens: number | undefined;
}

/** Makes what a model is asked of an input. */
export type Prompt = (inputs: readonly unknown[]) => Promise<(readonly Message[])[]>;

type Members = Record<string, unknown>;

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

/** Throws `config_invalid` with every problem found, one a line. `file` is how the definition's place is called. */
export function readDefinition(value: unknown, file: string): Definition {
  const problems: string[] = [];
  const check = (holds: boolean, problem: string) => {
    if (!holds) problems.push(`${file}: ${problem}`);
  };
  const given = isObject(value) ? value : {};
  check(given["kind"] === "eval", "export default defineEval({ … })");
  const { dataset, model = "default", prompt, evaluators, gate, primary, paraphrases = [], temperature = 0, maxOutputTokens } = given; // prettier-ignore
  check(isText(dataset) || Array.isArray(dataset), "`dataset` must be rows, a file of them, or the name of a dataset.");
  check(isText(model), "`model` must be a model's name.");
  check(isTexts(paraphrases), "`paraphrases` must be a list of texts.");
  check(isNumber(temperature) && temperature >= 0, "`temperature` must be a number from 0.");
  check(maxOutputTokens === undefined || isNumber(maxOutputTokens), "`maxOutputTokens` must be a number.");
  const list = Array.isArray(evaluators) ? evaluators : [];
  check(list.length > 0, "`evaluators` must be a list of at least one.");
  const read = list.map((one: unknown, index) => readEvaluator(one, index, check));
  const names = read.map(({ name }) => name);
  check(new Set(names).size === names.length, `Two evaluators are called the same: ${names.join(", ")}. Give them a \`name\`.`); // prettier-ignore
  check(primary === undefined || names.includes(primary as string), `\`primary\` must be one of ${names.join(", ")}.`);
  const { noWorseThan, ...rules } = isObject(gate) ? gate : {};
  check(noWorseThan === undefined || noWorseThan === "baseline", '`gate.noWorseThan` can only be "baseline".');
  for (const [name, rule] of Object.entries(rules)) {
    check(names.includes(name), `\`gate.${name}\` is the name of no evaluator; there is ${names.join(", ")}.`);
    check(isObject(rule) && isNumber(rule["atLeast"]), `\`gate.${name}\` must say { atLeast: … }.`);
  }
  if (problems.length > 0) throw new FlywheelError("config_invalid", { reason: problems.join("\n") });
  return {
    dataset: dataset as Definition["dataset"],
    model: model as string,
    hasPrompt: prompt !== undefined,
    evaluators: read,
    gate: rules as Record<string, GateRule>,
    noWorseThanBaseline: noWorseThan === "baseline",
    primary: (primary as string | undefined) ?? names[0]!,
    paraphrases: paraphrases as string[],
    temperature: temperature as number,
    maxOutputTokens: maxOutputTokens as number | undefined,
  };
}

type Check = (holds: boolean, problem: string) => void;

/** What each type must have beside its name, as a test and in words. */
const NEEDS: Record<Evaluator["type"], (given: Members, must: Check) => unknown> = {
  exact: ({ ignoreCase = false }) => ({ ignoreCase }),
  json({ fields = null }, must) {
    must(fields === null || isTexts(fields), "`fields` must be a list of names");
    return { fields };
  },
  regex({ pattern }, must) {
    const { source, flags } = isObject(pattern) || pattern instanceof RegExp ? (pattern as Members) : {};
    must(typeof source === "string", "`pattern` must be a regular expression");
    return { pattern: new RegExp(String(source), typeof flags === "string" ? flags.replace(/[gy]/g, "") : "") };
  },
  number({ tolerance = 0, relative = false }, must) {
    must(isNumber(tolerance) && tolerance >= 0, "`tolerance` must be a number from 0");
    return { tolerance, relative };
  },
  similarity({ model, atLeast = null }, must) {
    must(isText(model), "`model` must be a model that embeds");
    return { model, atLeast };
  },
  code: ({ score }, must) => must(score !== undefined, "`score` must be a function"),
  judge(given, must) {
    const { labels = null } = given;
    must(labels === null || isText(labels), "`labels` must be the path of a file");
    return { ...judging(given, must), labels };
  },
  pairwise: judging,
  latency: limit,
  cost: limit,
};

function judging({ model, rubric }: Members, must: Check): object {
  must(isText(model) && isText(rubric), "`model` and `rubric` must be texts");
  return { model, rubric };
}

function limit({ atMost }: Members, must: Check): unknown {
  must(isNumber(atMost) && atMost > 0, "`atMost` must be a number above 0");
  return { atMost };
}

function readEvaluator(value: unknown, index: number, check: Check): Evaluator {
  const given = isObject(value) ? value : {};
  const { type } = given;
  const known = isText(type) && Object.hasOwn(NEEDS, type);
  check(known, `evaluator ${index + 1} has no type; there is ${Object.keys(NEEDS).join(", ")}.`);
  const name = isText(given["name"]) ? given["name"] : String(type);
  if (!known) return { name, type: "exact", ignoreCase: false };
  const must: Check = (holds, problem) => check(holds, `evaluator ${name}: ${problem}.`);
  return { name, type, index, ...(NEEDS[type as Evaluator["type"]](given, must) as object) } as unknown as Evaluator;
}
