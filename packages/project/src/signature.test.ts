import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { projectFolder } from "../test/project-folder.ts";
import { signatureOf, signatureSince } from "./signature.ts";

const LONG_ENOUGH_MS = 30;
/** File systems tell time in steps. */
const aMomentAgo = () => Date.now() - 10;

test("a signature knows nothing for sure of files that came, changed or went since", async () => {
  const dir = projectFolder({ "a/b.ts": "1", "c.ts": "1" });
  const files = [join(dir, "a/b.ts"), join(dir, "c.ts"), join(dir, "not/there.ts")];
  await sleep(LONG_ENOUGH_MS);
  let since = aMomentAgo();
  const settled = signatureSince(files, since);
  assert.equal(settled, signatureOf(files));
  writeFileSync(files[1]!, "2");
  assert.equal(signatureSince(files, since), "");
  await sleep(LONG_ENOUGH_MS);
  since = aMomentAgo();
  rmSync(join(dir, "a"), { recursive: true });
  assert.equal(signatureSince(files, since), "");
  await sleep(LONG_ENOUGH_MS);
  since = aMomentAgo();
  assert.equal(signatureSince(files, since), signatureOf(files));
  mkdirSync(join(dir, "not"));
  assert.equal(signatureSince(files, since), "");
});
