import { randomInt } from "node:crypto";
import { test } from "node:test";
import { assertNothingLost, crash } from "./crash.ts";

// The short form; `npm run proof` kills at least sixty times.
test("each kind of process is killed once under load, and every accepted answer is one row that says what its client saw", async (context) => {
  const seed = randomInt(2 ** 31);
  context.diagnostic(`seed ${seed}`);
  const report = await crash({ kills: 5, clients: 4, seed, log: (line) => context.diagnostic(line) });
  context.diagnostic(JSON.stringify(report));
  assertNothingLost(report);
});
