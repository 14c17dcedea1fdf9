import { deepEqual, equal, match, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "../system/flywheel.ts";
import { type ScriptedUpstream, startUpstream } from "../upstream/server.ts";
import { axeViolations } from "./axe.ts";
import { launchBrowser } from "./chromium.ts";
import { complaintsOf } from "./complaints.ts";

let upstream: ScriptedUpstream;
let flywheel: Flywheel;
let browser: Browser;
let page: Page;
let complaints: string[];

before(async () => {
  upstream = await startUpstream();
  const projectDir = temporaryFolder("project");
  const providers = { scripted: { baseUrl: `${upstream.origin}/v1`, models: ["ok", "hostile"] } };
  writeFileSync(join(projectDir, "flywheel.config.ts"), `export default ${JSON.stringify({ providers })};\n`);
  [flywheel, browser] = await Promise.all([startFlywheel({ projectDir }), launchBrowser()]);
  await flywheel.rows(0);
  for (const [model, content] of [
    ["ok", "Where is my card?\nIt should have come on Monday."],
    ["ok", "Where is my refund?\nIt should have come on Monday."],
    ["hostile", "Now say something evil."],
  ] as const)
    await ask(model, content);
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  complaints = complaintsOf(page, flywheel.origin);
  await page.goto(flywheel.studioUrl);
  await page.getByRole("link", { name: "Logs" }).click();
  await rowCount(3);
});
after(async () => {
  await browser.close();
  await flywheel.stop();
  await upstream.close();
  removeFolder(flywheel.dataDir);
});

/** One after the other: the list is newest first. */
async function ask(model: string, content: string): Promise<void> {
  const response = await fetch(`${flywheel.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json" },
    body: JSON.stringify({
      model: `scripted/${model}`,
      stream: model === "hostile",
      temperature: content.length / 100,
      messages: [{ role: "user", content }],
    }),
  });
  equal(response.status, 200);
  await response.text();
}

const rowCount = (count: number) =>
  page.waitForFunction((wanted) => document.querySelectorAll(".log-row").length === wanted, count);
const inAddress = (name: string) => new URL(page.url()).searchParams.get(name);
const part = (name: string) => page.getByRole("region", { name, exact: true });

test("filters are kept under a name, chosen again and forgotten, by keyboard", async () => {
  await page.keyboard.press("/");
  await page.keyboard.type("refund");
  await rowCount(1);
  await page.keyboard.press("Escape");
  await page.keyboard.press("s");
  await page.getByLabel("Name").waitFor();
  deepEqual(await axeViolations(page), []);
  await page.keyboard.type("refunds <b>");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Clear" }).click();
  await rowCount(3);
  await page.reload();
  await rowCount(3);
  await page.getByLabel("Saved filters").waitFor();
  await page.keyboard.press("f");
  await page.keyboard.type("refunds");
  await page.keyboard.press("Enter");
  await rowCount(1);
  equal(inAddress("search"), "refund");
  deepEqual(await axeViolations(page), []);
  await page.getByRole("button", { name: "Forget" }).click();
  await page.getByRole("button", { name: "Clear" }).click();
  await rowCount(3);
  await page.getByLabel("Saved filters").waitFor({ state: "detached" });
});

test("two generations are marked and compared by keyboard: what differs is set off", async () => {
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.getByText("One generation is marked").waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.getByText("Two generations are marked").waitFor();
  deepEqual(await axeViolations(page), []);
  await page.keyboard.press("v");
  await part("Input").waitFor();
  deepEqual(await part("Input").locator("del").allInnerTexts(), ["refund"]);
  deepEqual(await part("Input").locator("ins").allInnerTexts(), ["card"]);
  match(await part("Output").innerText(), /Both are the same/);
  match(await part("Parameters").innerText(), /temperature\s*≠\s*0\.5\s+0\.48/);
  for (const [width, colorScheme] of [
    [390, "dark"],
    [1440, "light"],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    deepEqual(await axeViolations(page), []);
    equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
  }
  const address = page.url();
  await page.keyboard.press("v");
  await page.waitForFunction((before) => location.href !== before, address);
  await part("Input").locator("ins").getByText("refund").waitFor();
  await page.goto(address);
  await part("Input").locator("ins").getByText("card").waitFor();
});

test("a megabyte of hostile output is only text, in the list and in a comparison", async () => {
  await page.goto(`${flywheel.origin}/studio/logs`);
  await rowCount(3);
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.getByText("One generation is marked").waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("v");
  await part("Output").locator(".diff-line").first().waitFor();
  await harmless();
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 390, height: 844 });
  equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await page.setViewportSize({ width: 1440, height: 900 });
  await part("Output")
    .getByRole("button", { name: /^Compare all 1,\d{3},\d{3} characters/ })
    .click();
  await part("Output").getByText("1500 <script>").waitFor();
  await harmless();
});

/** What would act is shown as what it is. */
async function harmless(): Promise<void> {
  const shown = await page.locator("main").innerText();
  ok(shown.includes('<script>document.title="owned"</script>'), shown.slice(0, 500));
  ok(shown.includes("\\x1b[31mred"));
  for (const mark of ["\u001b", "\u202e", "\u2066", "\u0007"]) ok(!shown.includes(mark));
  equal(await page.locator("main :is(script, img, a[href^=javascript])").count(), 0);
  equal(await page.title(), "Compare · Flywheel");
}

test("hostile names are only text in every other view: models, keys, filters, requests", async () => {
  const name = "<img src=x onerror=document.title='owned'> \u202e\u001b[31m";
  const model = `scripted/ok+${name}`;
  await ask(`ok+${name}`, "Where is my parcel?");
  const post = (path: string, body: object) =>
    fetch(flywheel.origin + path, {
      method: "POST",
      headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    }).then((response) => equal(response.status, 200, path));
  await post("/api/keys", { name, models: [model.replaceAll(/\s/g, "")] });
  await post("/api/filters", { name, filter: { model } });
  await post("/api/requests", { name, body: { model, messages: [{ role: "user", content: name }] } });
  const { id } = (await flywheel.rows(4))[0]!;
  const named = encodeURIComponent(JSON.stringify(model));
  for (const [path, selector, times] of [
    ["/overview?range=1h&split=true", ".tile", 8],
    ["/overview?range=1h&tables=requests,cost&price=spark", ".figure-grid tbody", 1],
    [`/logs?peek=${id}`, ".peek .message", 2],
    [`/logs/${id}`, ".message", 2],
    ["/models?provider=scripted", ".models tbody tr", 2],
    [`/playground?models=${named}`, ".pane", 1],
    ["/keys", ".keys tbody tr", 2],
  ] as const) {
    await page.goto(`${flywheel.origin}/studio${path}`);
    await page
      .locator(selector)
      .nth(times - 1)
      .waitFor();
    const title = await page.title();
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("option", { name: /^<img/ }).first().waitFor();
    const shown = await page.locator("body").innerText();
    ok(shown.includes("<img src=x"), path);
    for (const mark of ["\u001b", "\u202e"]) ok(!shown.includes(mark), path);
    equal(await page.locator("body :is(script:not([src]), img)").count(), 0, path);
    equal(await page.title(), title);
  }
});

test("a generation that is not there is said so, with the way back", async () => {
  await page.goto(`${flywheel.origin}/studio/logs/compare?a=gen_no&b=gen_neither`);
  await page.getByRole("alert").getByText("There is nothing under this address").waitFor();
  deepEqual(await axeViolations(page), []);
  await page.getByRole("link", { name: "Logs" }).first().click();
  await rowCount(4);
});

test("nothing above made the browser complain", () => {
  deepEqual(complaints, []);
});
