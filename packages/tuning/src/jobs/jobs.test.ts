import { deepEqual, equal, throws } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Job } from "@flywheel/protocol";
import { HYPERPARAMETERS } from "../trainer.ts";
import { jobFolder } from "./job-folder.ts";
import { createJobs } from "./jobs.ts";

const running = (id: string, candidate: string): Job => ({
  id,
  candidate,
  status: "running",
  phase: "training",
  dataset: "desk@1",
  dataset_id: "ds_1",
  training: { model: "local/spark", trainer: "builtin", method: "sft", hyperparameters: HYPERPARAMETERS.sft },
  promotion: null,
  created: 1,
  started: 2,
  finished: null,
  progress: null,
  compared: null,
  report: null,
  evidence: null,
  promotion_id: null,
  error: "",
  starts: 1,
});

test("a job that an earlier life left is cancelled by a command that runs no jobs, but not behind its provider's back", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "flywheel-jobs-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const folder = jobFolder(dir);
  folder.write(running("job_1", "local/spark-desk"));
  folder.write(running("job_2", "openai/spark-desk"));
  const unasked = (): never => {
    throw new Error("nothing is begun here");
  };
  const jobs = createJobs({
    dir,
    datasets: { find: unasked, rows: unasked },
    models: { tunable: unasked, isTaken: unasked, keep: unasked },
    checkPromotion: unasked,
    decide: unasked,
  });
  equal(jobs.cancel("job_1").status, "cancelled");
  throws(() => jobs.cancel("job_2"), /goes on at its provider/);
  deepEqual(
    folder.all().map(({ status }) => status),
    ["cancelled", "running"],
  );
});
