import { equal, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { flywheel as run } from "./command.ts";
import { temporaryFolder } from "./flywheel.ts";

/** As little as shows it: everybody says something and nobody is wrong. `npm run bench -- demo` has the real sizes. */
const MESSAGES = 300;
const SMALL = `--messages ${MESSAGES} --users 150 --signals 1 --wrong 0 --tests 12`.split(" ");

test("the demo turns the wheel once, keeps what it is asked to keep, and one command takes the promotion back", async () => {
  const folder = temporaryFolder("demo");
  const { code, stdout, stderr } = await run(["demo", "--json", "--seed", "41", "--folder", folder, ...SMALL]);
  equal(code, 0, stderr + stdout);
  const { promoted, signals, tuned } = JSON.parse(stdout.trim().split("\n").at(-1)!) as { promoted: boolean; signals: { sent: number }; tuned: { interval: number[] } }; // prettier-ignore
  ok(promoted, stdout);
  equal(signals.sent, MESSAGES);
  equal(tuned.interval.length, 2);
  const back = await run(["rollback", "fast", "--cwd", join(folder, "project")]);
  equal(back.code, 0, back.stderr);
  ok(existsSync(join(folder, "project", "endpoints", "triage.ts")));
});
