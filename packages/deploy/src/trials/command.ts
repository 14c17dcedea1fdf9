import { setTimeout as sleep } from "node:timers/promises";
import { type Command, type CommandContext, FlywheelError, type Trial, type TrialDetail, type TrialEvidence, type TrialList } from "@flywheel/protocol"; // prettier-ignore

/** `flywheel trial …` */
export const trialCommands: Command[] = [
  {
    usage: "trial start <model>",
    summary: "try a model on real traffic, and promote it as soon as users show it to be better",
    options: [
      { flags: "--route <route>", description: "in front of which", default: "default" },
      { flags: "--canary <share>", description: "answer this share of the users with it, such as 10%" },
      { flags: "--shadow <share>", description: "ask it, unseen, what this share of the requests asks" },
      { flags: "--evaluator <name>", description: "reward (of a canary), exact (of a shadow) or similar" },
      { flags: "--silence <meaning>", description: "what a shadow makes of users who say nothing: unknown or ignored" },
      { flags: "--margin <gain>", description: "by how much it must be better; scores are 0 to 1" },
      { flags: "--worthwhile <gain>", description: "give up where even this gain is ruled out" },
      { flags: "--settle-seconds <s>", description: "how long after a user's first word their others count, too" },
      { flags: "--most-users <n>", description: "give up where so many had their say and nothing is shown" },
    ],
    examples: [
      "flywheel trial start local/spark-triage --route fast --canary 10%",
      "flywheel trial start openai/gpt-4o-mini --route default --shadow 25% --evaluator exact",
    ],
    async run({ api, out, note, json }, [candidate], options) {
      const { route, evaluator, silence } = options;
      const body = { route, candidate, ...kindOf(options["canary"], options["shadow"]), ...(evaluator !== undefined && { evaluator }), ...(silence !== undefined && { silence }), ...numbersOf(options) }; // prettier-ignore
      const trial = await (await api()).post<Trial>("/api/trials", body);
      out(json ? JSON.stringify(trial) : trialLine(trial));
      if (!json) note(`How it goes: flywheel trial show ${trial.id}`);
    },
  },
  {
    usage: "trial list",
    summary: "list the trials of candidates",
    examples: ["flywheel trial list", "flywheel trial list --json"],
    async run({ api, out, note, json }) {
      const { data } = await (await api()).get<TrialList>("/api/trials");
      for (const trial of data) out(json ? JSON.stringify(trial) : trialLine(trial));
      if (data.length === 0) note("Nothing was tried yet. `flywheel trial start local/… --canary 10%` does.");
    },
  },
  {
    usage: "trial show <id>",
    summary: "say what is known of a candidate by now",
    options: [{ flags: "-f, --follow", description: "wait for its end; exit code 4 where it is not promoted" }],
    examples: ["flywheel trial show trial_0199…", "flywheel trial show trial_0199… --follow --json"],
    async run(context, [id], options) {
      const { out, json } = context;
      const trial = options["follow"] === true ? await follow(context, id!) : await detailOf(context, id!);
      if (json) out(JSON.stringify(trial));
      else [trialLine(trial), ...(trial.now ? evidenceLines(trial.now) : ["Nothing is known."])].forEach(out);
      if (options["follow"] !== true || trial.outcome === "promoted") return 0;
      return trial.ended === null ? 1 : GATE_NOT_MET;
    },
  },
  {
    usage: "trial stop <id>",
    summary: "end a trial without a decision",
    examples: ["flywheel trial stop trial_0199…"],
    async run({ api, out, json }, [id]) {
      const trial = await (await api()).post<Trial>(`/api/trials/${encodeURIComponent(id!)}/stop`, {});
      out(json ? JSON.stringify(trial) : trialLine(trial));
    },
  },
];

const GATE_NOT_MET = 4;
const LOOK_MS = 1000;

async function detailOf({ api }: CommandContext, id: string): Promise<TrialDetail> {
  return (await api()).get<TrialDetail>(`/api/trials/${encodeURIComponent(id)}`);
}

/** Tells what is known whenever it has changed, until the trial has ended. */
async function follow(context: CommandContext, id: string): Promise<TrialDetail> {
  for (let told = ""; ;) {
    const trial = await detailOf(context, id);
    if (trial.ended !== null) return trial;
    const known = trial.now ? progressLine(trial.now, trial.most_users) : "";
    if (known !== told) context.note((told = known));
    await sleep(LOOK_MS, undefined, { signal: context.signal }).catch(() => {});
    if (!context.signal.aborted) continue;
    context.note("It goes on without anyone looking.");
    return trial;
  }
}

type Value = string | boolean | string[] | undefined;

function kindOf(canary: Value, shadow: Value): { kind: "canary" | "shadow"; share: number } {
  if ((canary === undefined) === (shadow === undefined))
    throw new FlywheelError("invalid_request", { reason: "Say either --canary 10% or --shadow 10%." });
  return canary === undefined
    ? { kind: "shadow", share: shareOf("--shadow", String(shadow)) }
    : { kind: "canary", share: shareOf("--canary", String(canary)) };
}

/** `10%` or `0.1` */
function shareOf(option: string, text: string): number {
  const [, number, percent] = /^(\d{1,3}(?:\.\d+)?)\s*(%?)$/.exec(text.trim()) ?? [];
  const share = Number(number) / (percent ? 100 : 1);
  if (!(share > 0 && share <= 1))
    throw new FlywheelError("invalid_request", { reason: `${option} is a share such as 10%, not ${JSON.stringify(text)}.` }); // prettier-ignore
  return share;
}

function numbersOf(options: Record<string, Value>): Record<string, number> {
  const names = {
    margin: "margin",
    worthwhile: "worthwhile",
    most_users: "mostUsers",
    settle_seconds: "settleSeconds",
  };
  const given = Object.entries(names).filter(([, option]) => options[option] !== undefined);
  return Object.fromEntries(
    given.map(([name, option]) => {
      const value = Number(options[option]);
      if (!Number.isFinite(value)) throw new FlywheelError("invalid_request", { reason: `\`${name}\` is a number.` });
      return [name, value];
    }),
  );
}

const percent = (share: number) => `${Number((share * 100).toFixed(1))} %`;

/** One line for people. */
export function trialLine({ id, route, candidate, baseline, kind, share, outcome, reason }: Trial): string {
  const what = `${route}: ${candidate} against ${baseline}, ${kind} of ${percent(share)}`;
  return `${id}  ${what}  ${outcome === null ? "running" : `${outcome}: ${reason}`}`;
}

const points = (value: number | null) => (value === null ? "?" : (100 * value).toFixed(1));

const progressLine = ({ users, difference: { low, high } }: TrialEvidence, most: number): string =>
  `${users} of at most ${most} users had their say: ${points(low)} to ${points(high)} points`;

function evidenceLines({ users, answers, failures, means, difference }: TrialEvidence): string[] {
  const arm = (name: "baseline" | "candidate") =>
    `${name.padEnd(10)} ${answers[name]} answers scored, ${failures[name]} failed, mean score ${means[name]?.toFixed(3) ?? "none yet"}`; // prettier-ignore
  return [
    `${users} users had their say`,
    arm("baseline"),
    arm("candidate"),
    `difference ${points(difference.low)} to ${points(difference.high)} points (95 %, at all looks together)`,
  ];
}
