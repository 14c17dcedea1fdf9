import type { EvalRun, EvalScore } from "@flywheel/protocol";
import { humanText } from "./terminal.ts";

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Text that any XML reader takes: what XML 1.0 has no way to say is left out. */
const xml = (text: string) =>
  text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, "")
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);

/** Runs as one document of JUnit's XML: a suite each, the gate's rules as test cases, what scored 0 in its output. */
export function junitReport(runs: readonly { run: EvalRun; scores: readonly EvalScore[] }[]): string {
  const checks = runs.flatMap(({ run }) => run.gate.checks);
  const failures = checks.filter(({ passed }) => !passed).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="flywheel eval" tests="${checks.length}" failures="${failures}">`,
    ...runs.flatMap(({ run, scores }) => suite(run, scores)),
    "</testsuites>",
    "",
  ].join("\n");
}

function suite(run: EvalRun, scores: readonly EvalScore[]): string[] {
  const { checks } = run.gate;
  const failures = checks.filter(({ passed }) => !passed).length;
  const errors = scores.filter(({ score }) => score === null).length;
  const wrong = scores.filter(({ score }) => score === 0).slice(0, 200);
  return [
    `  <testsuite name="${xml(run.name)}" tests="${checks.length}" failures="${failures}" errors="0" time="${run.seconds.toFixed(3)}" timestamp="${new Date(run.created).toISOString()}">`,
    "    <properties>",
    ...[
      ["model", run.model],
      ["rows", run.rows],
      ["unanswered", run.unanswered],
      ["not scored", errors],
      ...run.evaluators.flatMap(({ name, human }) => (human ? [[name, humanText(human)]] : [])),
    ].map(([name, value]) => `      <property name="${name}" value="${xml(String(value))}"/>`),
    "    </properties>",
    ...checks.map(({ rule, passed, detail }) =>
      passed
        ? `    <testcase classname="${xml(run.name)}" name="${xml(rule)}"/>`
        : `    <testcase classname="${xml(run.name)}" name="${xml(rule)}"><failure message="${xml(detail)}"/></testcase>`,
    ),
    `    <system-out>${xml(wrong.map(({ example, evaluator, detail }) => `${example} ${evaluator}: ${detail}`).join("\n"))}</system-out>`,
    "  </testsuite>",
  ];
}
