import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { flywheel as run } from "../system/command.ts";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "../system/flywheel.ts";
import { startUpstream } from "../upstream/server.ts";
import { launchBrowser } from "./chromium.ts";
import { type Scene, settled } from "./gallery/scene.ts";
import { breakEndpoint, writeEndpoints } from "./gallery/project.ts";
import { BROKEN_EDIT, FRESH, full, WITHOUT_SERVER, WITHOUT_STORE } from "./gallery/scenes.ts";
import { afterOneTurn, wheelScenes } from "./gallery/wheel.ts";
import { callRefund, makeTraffic } from "./gallery/traffic.ts";

const USAGE = `node tests/browser/gallery.ts --out <folder> [--only <text>] [--small]

Photographs every page of the studio in every state, at 1440 and 390 px, light and dark, in front of a real server:
just started, full of a month's sample traffic, after a turn of the wheel, without its log store, gone. Prints what does not fit its screen.
  --only <text>  only the sets and scenes whose "set/name" contains it
  --small        600 generations instead of the whole sample`;

const { values } = parseArgs({
  options: { out: { type: "string" }, only: { type: "string", default: "" }, small: { type: "boolean" } },
});
if (!values.out) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}
const out = resolve(values.out);
const wanted = (set: string, { name }: Scene) => `${set}/${name}`.includes(values.only);
let problems = 0;

/** The four ways in which everything is looked at. */
const VIEWS = [
  { width: 1440, height: 900, colorScheme: "light" },
  { width: 1440, height: 900, colorScheme: "dark" },
  { width: 390, height: 844, colorScheme: "light" },
  { width: 390, height: 844, colorScheme: "dark" },
] as const;

async function photograph(page: Page, set: string, flywheel: Flywheel, scenes: Scene[]): Promise<void> {
  mkdirSync(join(out, set), { recursive: true });
  for (const [index, scene] of scenes.entries()) {
    // A scene without an address needs the one before it.
    const next = scenes[index + 1];
    if (!wanted(set, scene) && !(next && !next.path && wanted(set, next))) continue;
    try {
      await page.setViewportSize({ width: 1440, height: 900 });
      if (scene.path) await page.goto(`${flywheel.origin}/studio${scene.path}`);
      await scene.act?.(page, flywheel);
      await settled(page);
      await takeAll(page, set, scene.name);
      process.stdout.write(`${set}/${scene.name}\n`);
    } catch (error) {
      complain(`${set}/${scene.name}: ${(error as Error).message.split("\n")[0]}`);
      await page.screenshot({ path: join(out, set, `${scene.name}-FAILED.png`) });
    }
  }
}

async function takeAll(page: Page, set: string, name: string): Promise<void> {
  for (const { width, height, colorScheme } of VIEWS) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.waitForTimeout(150); // charts are drawn anew
    await page.screenshot({ path: join(out, set, `${name}-${width}-${colorScheme}.png`) });
    const actual = await page.evaluate(() => document.documentElement.scrollWidth);
    if (actual > width) complain(`${set}/${name} is ${actual} px wide on ${width}`);
  }
}

function complain(text: string): void {
  problems += 1;
  process.stdout.write(`✕ ${text}\n`);
}

async function openStudio(browser: Browser, flywheel: Flywheel): Promise<Page> {
  await eventually(() => flywheel.status(), "the control server");
  const page = await browser.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(flywheel.studioUrl);
  await page.getByRole("navigation").waitFor();
  return page;
}

async function fresh(browser: Browser): Promise<void> {
  const flywheel = await startFlywheel();
  try {
    const page = await openStudio(browser, flywheel);
    await photograph(page, "fresh", flywheel, FRESH);
    const stranger = await browser.newPage();
    await photograph(stranger, "fresh", flywheel, LOGIN);
  } finally {
    await flywheel.stop();
    removeFolder(flywheel.dataDir);
  }
}

const LOGIN: Scene[] = [
  { name: "login", path: "/logs", act: (page) => page.getByLabel("Token").waitFor() },
  {
    name: "login-refused",
    act: async (page) => {
      await page.getByLabel("Token").fill("not-the-token");
      await page.keyboard.press("Enter");
      await page.getByText("That is not the token").waitFor();
    },
  },
];

async function inService(browser: Browser): Promise<void> {
  const upstream = await startUpstream();
  const projectDir = temporaryFolder("project");
  const config = join(projectDir, "flywheel.config.ts");
  const models = ["text", "tools", "reasoning", "logprobs", "length", "refusal", "500"];
  const providers = {
    scripted: { baseUrl: `${upstream.origin}/v1`, models: ["ok", "hostile", "500", "reset", "endless"] },
    fixtures: { baseUrl: `${upstream.origin}/fixtures`, models },
  };
  writeFileSync(config, `export default ${JSON.stringify({ providers })};\n`);
  writeEndpoints(projectDir);
  const flywheel = await startFlywheel({ projectDir });
  try {
    const page = await openStudio(browser, flywheel);
    const ids = await fill(flywheel);
    await callRefund(flywheel, upstream);
    await photograph(page, "full", flywheel, full(ids));
    breakEndpoint(projectDir);
    await photograph(page, "broken-edit", flywheel, BROKEN_EDIT);
    await withoutStore(page, flywheel, config);
    await page.goto(`${flywheel.origin}/studio/logs`);
    await page.locator(".log-row").first().waitFor();
    await page.route(/\/(api|v1)\//, (route) => route.abort());
    await photograph(page, "gone", flywheel, WITHOUT_SERVER);
  } finally {
    await flywheel.stop();
    await upstream.close();
    removeFolder(flywheel.dataDir);
  }
}

/** A month of sample traffic, one call of each kind, and some keys. */
async function fill(flywheel: Flywheel): Promise<ReadonlyMap<string, string>> {
  const seed = ["seed", "--days", "30", "--data", flywheel.dataDir, ...(values.small ? ["--generations", "600"] : [])];
  const seeded = await run(seed);
  if (seeded.code !== 0) throw new Error(seeded.stderr);
  for (const name of ["old-backend", "backend"]) await run(["keys", "create", name, "--data", flywheel.dataDir]);
  const listed = await run(["keys", "list", "--json", "--data", flywheel.dataDir]);
  const id = /"id":\s*"(key_[^"]+)"[^}]*"name":\s*"old-backend"/.exec(listed.stdout)?.[1];
  await run(["keys", "revoke", id ?? "old-backend", "--data", flywheel.dataDir]);
  const ids = await makeTraffic(flywheel);
  await eventually(async () => ((await flywheel.status()).pending === 0 ? true : undefined), "the rows");
  for (const made of ids.values()) if (made) await eventually(() => flywheel.generation(made), made);
  return ids;
}

/** The log store dies whenever it lives, and an edit broke the configuration. */
async function withoutStore(page: Page, flywheel: Flywheel, config: string): Promise<void> {
  const siege = setInterval(async () => {
    const { processes } = await flywheel.status();
    const store = processes.find(({ name }) => name === "logstore");
    try {
      if (store?.pid) process.kill(store.pid, "SIGKILL");
    } catch {
      // dead already
    }
  }, 100);
  const good = readFileSync(config);
  writeFileSync(config, "export default { routes: 5 };\n");
  try {
    await eventually(async () => {
      const { processes, alarms } = await flywheel.status();
      const deaths = processes.find(({ name }) => name === "logstore")!.restarts;
      return (deaths > 5 && alarms.length > 0) || undefined;
    }, "the log store to be down, and the alarm");
    await photograph(page, "without-store", flywheel, WITHOUT_STORE);
  } finally {
    clearInterval(siege);
    writeFileSync(config, good);
    await eventually(() => flywheel.rows(1), "the log store", 60_000);
  }
}

async function wheel(browser: Browser): Promise<void> {
  const flywheel = await afterOneTurn();
  try {
    await photograph(await openStudio(browser, flywheel), "wheel", flywheel, await wheelScenes(flywheel));
  } finally {
    await flywheel.stop();
    removeFolder(flywheel.dataDir);
  }
}

const browser = await launchBrowser();
try {
  if (FRESH.some((scene) => wanted("fresh", scene)) || LOGIN.some((scene) => wanted("fresh", scene)))
    await fresh(browser);
  if (!/^(fresh|wheel)/.test(values.only)) await inService(browser);
  if (!/^(fresh|full|broken|without|gone)/.test(values.only)) await wheel(browser);
} finally {
  await browser.close();
}
process.exitCode = problems === 0 ? 0 : 1;
