import type { Command, EvalRun, EvalRunDetail, EvalRunList } from "@flywheel/protocol";
import { intervalText, terminalReport } from "./report/terminal.ts";

/** `flywheel evals`: runs that are kept. */
export const evalRunCommands: Command[] = [
  {
    usage: "evals list",
    summary: "list runs of evaluations, the newest first",
    examples: ["flywheel evals list", "flywheel evals list --json"],
    async run({ api, out, note, json }) {
      const { data, damaged } = await (await api()).get<EvalRunList>("/api/evals");
      for (const run of data) out(json ? JSON.stringify(run) : lineOf(run));
      if (data.length === 0) note("No run yet. `flywheel eval` runs the evaluations of evals/.");
      if (damaged.length > 0) note(`${damaged.length} cannot be read: ${damaged.join(", ")}`);
    },
  },
  {
    usage: "evals show <id>",
    summary: "show what came of a run, and the rows that were wrong",
    examples: ["flywheel evals show run_0199…", "flywheel evals show run_0199… --json"],
    async run({ api, out, json }, [id]) {
      const run = await (await api()).get<EvalRunDetail>(`/api/evals/${encodeURIComponent(id!)}`);
      if (json) return out(JSON.stringify(run));
      for (const line of terminalReport(run)) out(line);
      for (const { example, evaluator, score, detail, generation_id } of run.scores)
        if (score !== 1) out(`  ${example}  ${evaluator}  ${score ?? "not scored"}  ${detail}  ${generation_id}`);
      if (run.damaged_scores > 0) out(`  ${run.damaged_scores} scores cannot be read`);
    },
  },
];

function lineOf({ created, id, name, model, evaluators, gate }: EvalRun): string {
  const when = new Date(created).toISOString().slice(0, 16).replace("T", " ");
  const first = evaluators.find(({ mean }) => mean !== null);
  const score = first ? `  ${first.name} ${intervalText(first.mean!)}` : "";
  return `${when}  ${id}  ${name}  ${model}${score}  gate ${gate.passed ? "met" : "not met"}`;
}
