import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EvalRunList, EventPage, JobList, PromotionList, TrialList } from "@flywheel/protocol";
import { flywheel as run } from "../../system/command.ts";
import { type Flywheel, startFlywheel, temporaryFolder } from "../../system/flywheel.ts";
import { sortedMessages } from "../../../packages/tuning/test/trainer-conformance.ts";
import type { Scene } from "./scene.ts";

const EVAL = `import { defineEval } from "flywheel";

export default defineEval({
  dataset: [
    { input: "The kettle smokes.", expected: { queue: "amber" }, user: "ann", slices: ["danger"] },
    { input: "I was charged twice.", expected: { queue: "birch" }, user: "bob", slices: ["money"] },
    { input: "Hello there.", expected: { queue: "fjord" }, user: "cid" },
  ],
  model: "local/spark",
  prompt: (row) => String(row),
  evaluators: [{ type: "json" }, { type: "latency", atMost: 5 }],
  gate: { json: { atLeast: 0.8 } },
});
`;

/** A server on a small turn of the wheel, with a job that failed, a candidate that was refused, and an evaluation. */
export async function afterOneTurn(): Promise<Flywheel> {
  const folder = temporaryFolder("wheel");
  const projectDir = join(folder, "project");
  const size = ["--messages", "180", "--users", "140", "--signals", "1", "--wrong", "0", "--tests", "12"];
  await done("demo", "--json", "--seed", "41", ...size, "--folder", folder);
  mkdirSync(join(projectDir, "evals"), { recursive: true });
  writeFileSync(join(projectDir, "evals", "triage.eval.ts"), EVAL);
  const dataDir = join(projectDir, ".flywheel");
  const flywheel = await startFlywheel({ projectDir, dataDir });
  const here = ["--cwd", projectDir, "--data", dataDir];
  const rows = sortedMessages(64).map((row, i) => ({
    ...row,
    kind: "example",
    split: i % 4 < 2 ? "holdout" : "train",
  }));
  writeFileSync(join(folder, "rows.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
  await done("dataset", "import", join(folder, "rows.jsonl"), "--name", "north-south", ...here);
  await run(["tune", "north-south", "--name", "too-hot", "--rate", "1", "--epochs", "20", ...here]);
  await run(["promote", "local/spark-triage", "--route", "default", "--dataset", "north-south", "--protect", "queue=*", ...here]); // prettier-ignore
  await run(["eval", "triage", "--variants", ...here]);
  await done("trial", "start", "local/spark-triage", "--route", "default", "--canary", "10%", ...here);
  return flywheel;
}

async function done(...args: string[]): Promise<void> {
  const { code, stderr } = await run(args);
  if (code !== 0) throw new Error(stderr);
}

/** What that leaves to look at. */
export async function wheelScenes(flywheel: Flywheel): Promise<Scene[]> {
  const [{ data: jobs }, { data: promotions }, { data: trials }, { data: runs }, { data: events }] = await Promise.all([
    flywheel.api<JobList>("/api/jobs"),
    flywheel.api<PromotionList>("/api/promotions"),
    flywheel.api<TrialList>("/api/trials"),
    flywheel.api<EvalRunList>("/api/evals"),
    flywheel.api<EventPage>("/api/events?signal=demonstration&limit=1"),
  ]);
  const job = (is: (one: JobList["data"][number]) => boolean) => `/jobs/${jobs.find(is)?.id}`;
  return [
    { name: "datasets", path: "/datasets", act: (page) => page.getByRole("link", { name: "triage@1" }).waitFor() },
    { name: "new-dataset", act: (page) => page.keyboard.press("n") },
    { name: "dataset", path: "/datasets/triage@1", act: (page) => page.getByRole("cell", { name: "train" }).first().waitFor() }, // prettier-ignore
    { name: "tune", act: (page) => page.keyboard.press("t") },
    { name: "no-such-dataset", path: "/datasets/nothing", act: (page) => page.getByRole("alert").waitFor() },
    { name: "generation", path: `/logs/${events[0]?.generation_id}`, act: (page) => page.getByRole("row", { name: /^edited/ }).waitFor() }, // prettier-ignore
    { name: "jobs", path: "/jobs", act: (page) => page.getByRole("row", { name: /too-hot/ }).waitFor() },
    { name: "job-promoted", path: job((one) => one.promotion_id !== null), act: (page) => page.getByRole("region", { name: "Evidence" }).waitFor() }, // prettier-ignore
    { name: "loss-table", act: (page) => page.getByRole("button", { name: "Table" }).click() },
    { name: "job-refused", path: job((one) => one.training === null), act: (page) => page.getByRole("region", { name: "Evidence" }).waitFor() }, // prettier-ignore
    { name: "job-failed", path: job((one) => one.status === "failed"), act: (page) => page.getByText(/failed:/).waitFor() }, // prettier-ignore
    { name: "no-such-job", path: "/jobs/nothing", act: (page) => page.getByRole("alert").waitFor() },
    { name: "evals", path: "/evals", act: (page) => page.getByRole("link", { name: "triage" }).waitFor() },
    { name: "eval", path: `/evals/${runs[0]?.id}`, act: (page) => page.getByRole("region", { name: "Run" }).waitFor() },
    { name: "no-such-eval", path: "/evals/nothing", act: (page) => page.getByRole("alert").waitFor() },
    { name: "deployments", path: "/deployments", act: (page) => page.getByRole("button", { name: "Roll back" }).waitFor() }, // prettier-ignore
    { name: "roll-back", act: (page) => page.getByRole("button", { name: "Roll back" }).click() },
    { name: "deployment", path: `/deployments/${promotions[0]?.id}`, act: (page) => page.getByRole("region", { name: "Evidence" }).waitFor() }, // prettier-ignore
    { name: "no-such-deployment", path: "/deployments/nothing", act: (page) => page.getByRole("alert").waitFor() },
    { name: "trial", path: `/trials/${trials[0]?.id}`, act: (page) => page.getByRole("button", { name: "Stop the trial" }).waitFor() }, // prettier-ignore
    {
      name: "palette",
      act: async (page) => {
        await page.keyboard.press("Control+k");
        await page.getByRole("combobox", { name: "Go to" }).fill("triage");
        await page.getByRole("option", { name: /in front of fast/ }).waitFor();
      },
    },
  ];
}
