import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type CommandOptions, FlywheelError, type MeanInterval } from "@flywheel/protocol";
import { startSupervisor, type Supervisor } from "@flywheel/server";
import type { AppCommand, AppContext } from "../app-command.ts";
import { connect } from "../connect.ts";
import { evidenceLines } from "../job.ts";
import { wholeNumber } from "../place.ts";
import { COMPANY, POLICY } from "./company.ts";
import { ROUTE, writeProject } from "./project.ts";
import { turn, type Turn } from "./turn.ts";
import { BEHAVIOUR, behaviourLines } from "./users.ts";

const GATE_NOT_MET = 4;
const SHOWN = 3;

/** `flywheel demo`: the wheel turns once, on this machine, with nothing scripted and nothing downloaded. */
export const demoCommand: AppCommand = {
  usage: "demo",
  summary: "turn the wheel once: serve, log, hear users, build a dataset, tune, compare, promote",
  options: [
    { flags: "--seed <n>", description: "another number gives other messages and other users", default: "1" },
    { flags: "--messages <n>", description: "how many the company gets", default: String(BEHAVIOUR.messages) },
    { flags: "--users <n>", description: "who write them", default: String(BEHAVIOUR.users) },
    { flags: "--signals <share>", description: "of the answers: which get a signal", default: String(BEHAVIOUR.signals) }, // prettier-ignore
    { flags: "--wrong <share>", description: "of the signals: which are wrong", default: String(BEHAVIOUR.wrong) },
    { flags: "--tests <n>", description: "messages in new sentences to measure both models on", default: "400" },
    { flags: "--shuffle-labels", description: "what users hold to be right is put to other messages: nothing can be learned, nothing may be promoted" }, // prettier-ignore
    { flags: "--folder <folder>", description: "keep everything there (default: a folder that is removed at the end)" },
    { flags: "--keep-serving", description: "stay until Ctrl-C, to look at it in the studio (default on a terminal)" },
  ],
  examples: ["flywheel demo", "flywheel demo --keep-serving", "flywheel demo --seed 2 --json", "flywheel demo --shuffle-labels"], // prettier-ignore
  async run(context, _, options) {
    const number = (name: string, least: number) => wholeNumber(`--${name}`, String(options[name]), least, 1_000_000);
    const behaviour = { ...BEHAVIOUR, messages: number("messages", 50), users: number("users", 10), signals: share(options, "signals"), wrong: share(options, "wrong") }; // prettier-ignore
    const asked = { behaviour, seed: number("seed", 0), tests: number("tests", 10), isShuffled: options["shuffleLabels"] === true }; // prettier-ignore
    const own = typeof options["folder"] === "string" ? resolve(options["folder"]) : undefined;
    const folder = own ?? mkdtempSync(join(tmpdir(), "flywheel-demo-"));
    const projectDir = join(folder, "project");
    mkdirSync(projectDir, { recursive: true });
    let supervisor: Supervisor | undefined;
    try {
      introduce(context, behaviour, asked.isShuffled);
      const began = performance.now();
      writeProject(projectDir);
      const dataDir = join(projectDir, ".flywheel");
      supervisor = await startSupervisor({ mode: "dev", projectDir, dataDir, host: "127.0.0.1", port: 0, workers: 1, allowHosts: [] }); // prettier-ignore
      const place = { ...context.place, projectDir, dataDir };
      const { client } = await connect(place);
      const api = { url: supervisor.baseUrl, key: supervisor.key! };
      const done = await turn({ ...context, place, api: async () => client }, api, asked);
      const seconds = Math.round((performance.now() - began) / 100) / 10;
      const promoted = done.job.promotion_id !== null;
      if (context.json) context.out(resultLine(done, asked.seed, seconds));
      else conclude(context, done, supervisor, seconds, projectDir);
      const stays = options["keepServing"] === true || (process.stdout.isTTY && !context.json);
      if (stays && !context.signal.aborted) await stay(context);
      else if (!context.json) context.note(own ? `Look at it: flywheel dev --cwd ${projectDir}` : "All of it is removed now; --keep-serving and --folder keep it."); // prettier-ignore
      return promoted ? 0 : GATE_NOT_MET;
    } finally {
      await supervisor?.stop();
      if (!own) rmSync(folder, { recursive: true, force: true });
    }
  },
};

function share(options: CommandOptions, name: string): number {
  const value = Number(options[name]);
  if (value >= 0 && value <= 1) return value;
  throw new FlywheelError("invalid_request", { reason: `--${name} is a share from 0 to 1, not ${JSON.stringify(options[name])}.` }); // prettier-ignore
}

function introduce({ note }: AppContext, behaviour: typeof BEHAVIOUR, isShuffled: boolean): void {
  note(`${COMPANY} sorts its messages with the small model on this machine, which has never heard of the company.`);
  note("The rules, the first that holds (nobody tells them to the model):");
  for (const [rule, queue] of POLICY) note(`  ${queue.padEnd(8)}${rule}`);
  note("Its users:");
  for (const line of behaviourLines(behaviour)) note(`  ${line}`);
  if (isShuffled) note("  what they hold to be right is put to other messages: nothing can be learned from it");
  note("");
}

const pair = ({ low, high }: MeanInterval) => [low, high];

function resultLine({ baseline, tuned, majority, job, dataset, signals }: Turn, seed: number, seconds: number): string {
  const { evidence, promotion_id, error } = job;
  return JSON.stringify({
    baseline: { accuracy: baseline.estimate, interval: pair(baseline) },
    tuned: { accuracy: tuned.estimate, interval: pair(tuned) },
    majority,
    promoted: promotion_id !== null,
    reason: evidence?.reason ?? error,
    examples: dataset.counts.rows.example,
    held_out: evidence?.examples ?? null,
    signals,
    training_seconds: job.report?.seconds ?? null,
    seed,
    seconds,
  });
}

// prettier-ignore
function conclude({ out, note }: AppContext, done: Turn, { studioUrl }: Supervisor, seconds: number, projectDir: string): void {
  const { baseline, tuned, majority, job, better } = done;
  const percent = (share: number | null) => `${(100 * (share ?? 0)).toFixed(1)} %`;
  const accuracy = (of: MeanInterval) =>
    `${percent(of.estimate)} (95 % interval ${percent(of.low)} to ${percent(of.high)})`;
  if (job.evidence) evidenceLines(job.evidence).forEach(out);
  if (job.error) out(`not promoted: ${job.error}`);
  out("");
  out("By the company's rules, on messages in sentences that nobody used before:");
  out(`  before   ${accuracy(baseline)}`);
  out(`  after    ${accuracy(tuned)}`);
  out(`  always the most usual team would be right in ${percent(majority)}`);
  for (const { text, queue, before } of better.slice(0, SHOWN)) out(`  “${text}”  ${before} → ${queue}`);
  out("");
  const page = job.promotion_id ? `deployments/${job.promotion_id}` : `jobs/${job.id}`;
  out(`evidence ${studioUrl.replace("/studio?", `/studio/${page}?`)}`);
  if (job.promotion_id) out(`undo     flywheel rollback ${ROUTE} --cwd ${projectDir}`);
  out(`${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`);
  if (job.report) note(`${job.report.tokens.toLocaleString("en")} tokens learned from in ${job.report.seconds.toFixed(0)} s`); // prettier-ignore
}

async function stay({ note, signal }: AppContext): Promise<void> {
  note("Serving until Ctrl-C.");
  await new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
}
