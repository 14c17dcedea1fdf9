import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { evalNames, loadEval } from "./load-evals.ts";

const dir = mkdtempSync(join(tmpdir(), "flywheel-load-evals-"));
mkdirSync(join(dir, "evals/deep"), { recursive: true });
after(() => rmSync(dir, { recursive: true }));

const SOURCE = `
import { readFileSync } from "node:fs";
import { defineEval } from "flywheel";
enum Word { Yes = "yes" }
export default defineEval<{ text: string }>({
  dataset: [{ input: { text: "a" }, expected: Word.Yes }],
  prompt: ({ text }) => \`Say \${text}\`,
  evaluators: [
    { type: "code", name: "length", score: ({ output }) => output.length / 10 },
    { type: "code", name: "thief", score: () => readFileSync("/etc/passwd", "utf8").length },
  ],
});
`;

test("an evaluation is bundled, read as data, and its functions run without files", async () => {
  writeFileSync(join(dir, "evals/deep/words.eval.ts"), SOURCE);
  assert.deepEqual(evalNames(dir), ["deep/words"]);
  const loaded = await loadEval(dir, "deep/words");
  assert.deepEqual((loaded.value as { dataset: unknown }).dataset, [{ input: { text: "a" }, expected: "yes" }]);
  assert.deepEqual(await loaded.call(["prompt"], [{ text: "x" }, { text: "y" }]), [{ value: "Say x" }, { value: "Say y" }]); // prettier-ignore
  assert.deepEqual(await loaded.call(["evaluators", 0, "score"], [{ output: "12345" }]), [{ value: 0.5 }]);
  const [stolen] = await loaded.call(["evaluators", 1, "score"], [{}]);
  assert.match((stolen as { error: string }).error, /Access to this API has been restricted|denied/);
});

test("one that is not there, or does not build, says so", async () => {
  await assert.rejects(loadEval(dir, "nothing"), /There is no evaluation nothing .*There is deep\/words/);
  writeFileSync(join(dir, "evals/broken.eval.ts"), "export default {\n");
  await assert.rejects(loadEval(dir, "broken"), { code: "config_invalid", message: /evals\/broken\.eval\.ts:\d+:\d+/ });
});
