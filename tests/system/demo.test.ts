import { equal, match, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { flywheel as run } from "./command.ts";
import { startFlywheel, temporaryFolder } from "./flywheel.ts";

interface Result {
  baseline: { accuracy: number; interval: [number, number] };
  tuned: { accuracy: number; interval: [number, number] };
  promoted: boolean;
}

test("the demo turns the wheel once, and the tuned model knows what only the company's users know", async () => {
  const folder = temporaryFolder("demo");
  const args = [
    "--seed",
    "41",
    "--messages",
    "260",
    "--signals",
    "0.9",
    "--users",
    "140",
    "--tests",
    "60",
    "--folder",
    folder,
  ];
  const { code, stdout, stderr } = await run(["demo", "--json", ...args]);
  equal(code, 0, stderr);
  const { baseline, tuned, promoted } = JSON.parse(stdout.trim().split("\n").at(-1)!) as Result;
  ok(promoted);
  ok(tuned.interval[0] > baseline.accuracy, stdout);
  const back = await run(["rollback", "fast", "--cwd", join(folder, "project")]);
  equal(back.code, 0, back.stderr);
  const server = await startFlywheel({
    projectDir: join(folder, "project"),
    dataDir: join(folder, "project", ".flywheel"),
  });
  const again = await run(["loop", "triage", "--route", "fast", "--once", "--cwd", join(folder, "project")]);
  await server.stop();
  match(again.stdout, /nothing new since triage@1/);
  ok(existsSync(join(folder, "project", "endpoints", "triage.ts")), "what was asked to be kept is there");
});
