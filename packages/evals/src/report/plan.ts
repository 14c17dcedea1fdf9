import type { EvalPower } from "@flywheel/protocol";
import type { RunPlan } from "../run/plan.ts";

const points = (share: number) => `${(100 * share).toFixed(1)} points`;

/** A plan as lines of text, before anyone is asked. */
export function planLines({ name, rows, users, calls, power }: RunPlan): string[] {
  return [
    `${name}: ${rows} rows${users === rows ? "" : ` of ${users} users`}`,
    ...calls.map((call) => {
      const kept = call.kept > 0 ? `, ${call.kept} are kept from before` : "";
      const most = call.purpose === "answers" ? "" : "at most ";
      const sent = !call.inputTokens ? "" : `, about ${call.inputTokens.toLocaleString("en")} tokens sent`;
      return `  ${call.purpose}: ${most}${call.calls} calls of ${call.model}${kept}${sent}`;
    }),
    ...power.map((one) => `  ${powerLine(one, rows)}`),
  ];
}

function powerLine({ rule, difference, wanted, needed }: EvalPower, rows: number): string {
  const more = needed > rows ? `; ${points(wanted)} ${rule === null ? "" : "above "}take ${needed} rows` : "";
  if (rule === null) return `two models on these rows: a difference of ${points(difference!)} is found in 80 % of the cases${more}`; // prettier-ignore
  if (difference === null)
    return `gate: ${rule}: with ${rows} rows never met in 80 % of the cases, however good${more}`;
  return `gate: ${rule}: met in 80 % of the cases where the truth is ${points(difference)} above${more}`;
}
