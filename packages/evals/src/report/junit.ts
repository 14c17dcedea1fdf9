import type { EvalRun, EvalScore } from "@flywheel/protocol";

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Text that any XML reader takes: what XML 1.0 has no way to say is left out. */
const xml = (text: string) =>
  text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, "")
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);

/** A run as JUnit's XML: the gate's rules as test cases, and each row's scores that are 0 as what stands in its output. */
export function junitReport(run: EvalRun, scores: readonly EvalScore[]): string {
  const { checks } = run.gate;
  const failures = checks.filter(({ passed }) => !passed).length;
  const errors = scores.filter(({ score }) => score === null).length;
  const wrong = scores.filter(({ score }) => score === 0).slice(0, 200);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="flywheel eval" tests="${checks.length}" failures="${failures}">`,
    `  <testsuite name="${xml(run.name)}" tests="${checks.length}" failures="${failures}" errors="0" time="${run.seconds.toFixed(3)}" timestamp="${new Date(run.created).toISOString()}">`,
    "    <properties>",
    ...[
      ["model", run.model],
      ["rows", run.rows],
      ["unanswered", run.unanswered],
      ["not scored", errors],
    ].map(([name, value]) => `      <property name="${name}" value="${xml(String(value))}"/>`),
    "    </properties>",
    ...checks.map(({ rule, passed, detail }) =>
      passed
        ? `    <testcase classname="${xml(run.name)}" name="${xml(rule)}"/>`
        : `    <testcase classname="${xml(run.name)}" name="${xml(rule)}"><failure message="${xml(detail)}"/></testcase>`,
    ),
    `    <system-out>${xml(wrong.map(({ example, evaluator, detail }) => `${example} ${evaluator}: ${detail}`).join("\n"))}</system-out>`,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
