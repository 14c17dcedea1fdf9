import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test, type TestContext } from "node:test";
import { loadConfig } from "./load.ts";
import { type ConfigChange, watchConfig } from "./watch.ts";

const root = mkdtempSync(join(tmpdir(), "flywheel-watch-"));
after(() => rmSync(root, { recursive: true }));

let projects = 0;

/** A watched folder: write into it, then ask for what was told next. */
async function watched(t: TestContext, files: Record<string, string>) {
  const dir = join(root, String(projects++));
  mkdirSync(dir);
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  await loadConfig(dir).catch(() => {});
  const told: ConfigChange[] = [];
  let wake = () => {};
  const stop = watchConfig(dir, (change) => {
    told.push(change);
    wake();
  });
  t.after(stop);
  async function next(): Promise<ConfigChange> {
    while (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return told.shift()!;
  }
  return { dir, write, next, told };
}

const withDays = (days: number) => `export default { retention: { days: ${days} } };\n`;
const daysOf = (change: ConfigChange) => ("config" in change ? change.config.retention.days : change.error.message);

describe("a watched configuration", { concurrency: true }, () => {
  test("an edit, a replacement, a deletion and a new file are each told once", async (t) => {
    const { dir, write, next, told } = await watched(t, {});
    write("flywheel.config.ts", withDays(1));
    assert.equal(daysOf(await next()), 1);
    write("flywheel.config.ts", withDays(2));
    assert.equal(daysOf(await next()), 2);
    write("flywheel.config.ts.tmp", withDays(3));
    renameSync(join(dir, "flywheel.config.ts.tmp"), join(dir, "flywheel.config.ts"));
    assert.equal(daysOf(await next()), 3);
    rmSync(join(dir, "flywheel.config.ts"));
    assert.equal(daysOf(await next()), 30);
    assert.deepEqual(told, []);
  });

  test("an edit between loading and watching is not missed", async (t) => {
    const { write, next } = await watched(t, { "flywheel.config.ts": withDays(1) });
    write("flywheel.config.ts", withDays(2));
    assert.equal(daysOf(await next()), 2);
  });

  test("a mistake is told, and so is the way back to what was before", async (t) => {
    const { write, next } = await watched(t, { "flywheel.config.ts": withDays(1) });
    write("flywheel.config.ts", withDays(-1));
    assert.match(String(daysOf(await next())), /retention\.days: expected days/);
    write("flywheel.config.ts", withDays(1));
    assert.equal(daysOf(await next()), 1);
  });

  test("an edit of an imported file is told, also where it was missing at first", async (t) => {
    const { write, next } = await watched(t, {
      "flywheel.config.ts": `import { days } from "./days";\nexport default { retention: { days } };\n`,
    });
    write("days.ts", "export const days = 5;\n");
    assert.equal(daysOf(await next()), 5);
    write("days.ts", "export const days = 6;\n");
    assert.equal(daysOf(await next()), 6);
  });

  test("an edit that changes nothing is not told", async (t) => {
    const { write, next, told } = await watched(t, { "flywheel.config.ts": withDays(1) });
    write("flywheel.config.ts", `// A remark.\n${withDays(1)}`);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    write("flywheel.config.ts", withDays(2));
    assert.equal(daysOf(await next()), 2);
    assert.deepEqual(told, []);
  });
});
