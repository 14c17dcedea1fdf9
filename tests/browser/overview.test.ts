import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { PricedUsage, UsageReport } from "@flywheel/protocol";
import type { Browser, Page } from "playwright-core";
import { flywheel as run } from "../system/command.ts";
import { type Flywheel, removeFolder, startFlywheel } from "../system/flywheel.ts";
import { axeViolations } from "./axe.ts";
import { launchBrowser } from "./chromium.ts";
import { complaintsOf } from "./complaints.ts";

const CHARTS = 8;

let flywheel: Flywheel;
let browser: Browser;
let page: Page;
let complaints: string[];

before(async () => {
  [flywheel, browser] = await Promise.all([startFlywheel(), launchBrowser()]);
  await flywheel.rows(0);
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  complaints = complaintsOf(page, flywheel.origin);
});
after(async () => {
  await browser.close();
  await flywheel.stop();
  removeFolder(flywheel.dataDir);
});

const tile = (name: string) => page.getByRole("region", { name, exact: true });
/** Waits until the address says so: it follows a key press a moment later. */
const addressSays = (name: string, wanted: string | null) =>
  page.waitForFunction(([key, value]) => new URLSearchParams(location.search).get(key!) === value, [name, wanted]);
const shown = (what: "canvas" | "table", count: number) =>
  page.waitForFunction(([name, wanted]) => document.querySelectorAll(`.tile ${name}`).length === wanted, [what, count]);
const charts = (count: number) => shown("canvas", count);

test("the first page of an empty server says both ways to fill it", async () => {
  await page.goto(flywheel.studioUrl);
  await page.getByRole("heading", { name: "No generations yet" }).waitFor();
  equal(new URL(page.url()).pathname, "/studio/overview");
  deepEqual(
    (await page.locator(".command").allInnerTexts()).map((text) => text.split(" ")[0]),
    ["curl", "npm"],
  );
  deepEqual(await axeViolations(page), []);
});

test("a month of traffic is eight charts and a table whose figures are the server's", async () => {
  const seeded = await run(["seed", "--days", "40", "--generations", "1200", "--data", flywheel.dataDir]);
  equal(seeded.code, 0, seeded.stderr);
  await page.reload();
  await charts(CHARTS);
  await page.keyboard.press("4");
  await addressSays("range", "30d");
  await tile("Requests").locator('[aria-valuemax="29"]').waitFor();
  const midnight = new Date().setHours(0, 0, 0, 0);
  const from = new Date(midnight).setDate(new Date(midnight).getDate() - 29);
  const { total, groups } = await flywheel.api<UsageReport>(`/api/usage?from=${from}&by=model`);
  equal(await tile("Requests").locator("strong").innerText(), total.generations.toLocaleString("en"));
  match(await tile("Requests").locator(".tile-figure").innerText(), /[+−]\d+ %|×/, "beside the ten days before");
  const rows = tile("By model").locator("tbody tr");
  deepEqual(
    await rows.locator("th").allInnerTexts(),
    groups.map(({ name }) => name),
  );
  deepEqual(await axeViolations(page), []);
});

test("every chart has a table twin, one by one or all at once, by keyboard and in the address", async () => {
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  const twin = tile("Errors").getByRole("table");
  await twin.waitFor();
  equal(await twin.locator("tbody tr").count(), 30);
  await addressSays("tables", "errors");
  await page.keyboard.press("t");
  await shown("table", CHARTS);
  await charts(0);
  deepEqual(await axeViolations(page), []);
  await page.reload();
  await shown("table", CHARTS);
  await page.keyboard.press("t");
  await charts(CHARTS);
  await addressSays("tables", null);
});

test("arrow keys walk along a chart, which says when and how much", async () => {
  const chart = tile("Requests").getByRole("slider");
  await chart.focus();
  await page.keyboard.press("End");
  const last = await chart.getAttribute("aria-valuetext");
  await page.keyboard.press("ArrowLeft");
  const before = await chart.getAttribute("aria-valuetext");
  match(before!, /^\w{3} \d\d: \d/);
  notEqual(before, last);
  equal(await chart.getAttribute("aria-valuenow"), "28");
});

test("charts are split by key, and another period is compared or not, by keyboard", async () => {
  await page.keyboard.press("Escape");
  await page.getByRole("combobox", { name: "By" }).selectOption("key");
  await page.keyboard.press("Tab");
  await page.keyboard.press("s");
  const legend = tile("Cost").getByRole("listitem");
  await legend.filter({ hasText: "key_sample-web" }).waitFor();
  equal(await legend.count(), await tile("By key").locator("tbody tr").count());
  deepEqual(await axeViolations(page), []);
  await page.keyboard.press("s");
  await tile("Requests").getByText("before").waitFor();
  await page.keyboard.press("p");
  await tile("Requests").getByText("before").waitFor({ state: "detached" });
  await addressSays("by", "key");
  await addressSays("split", null);
  await addressSays("compare", "false");
  await page.keyboard.press("2");
  await page.waitForFunction(() => location.search.includes("range=24h"));
});

test("the same traffic is priced on any model, by keyboard, and the address keeps which", async () => {
  await page.keyboard.press("4");
  await addressSays("range", "30d");
  await page.keyboard.press("w");
  const rows = page.getByRole("group", { name: "The same traffic on other models" }).locator("tbody tr");
  await rows.filter({ hasText: "local/spark" }).filter({ hasText: "$0" }).waitFor();
  deepEqual(await axeViolations(page), []);
  await page.keyboard.type("openai gpt-4o-mini");
  const row = rows.filter({ hasText: /^openai\/gpt-4o-mini\s*\$/ });
  await row.waitFor();
  const [, cost, , input, , output] = await row.locator("th, td").allInnerTexts();
  deepEqual([input, output], ["0.15", "0.6"]);
  const midnight = new Date().setHours(0, 0, 0, 0);
  const from = new Date(midnight).setDate(new Date(midnight).getDate() - 29);
  const { tokens } = await flywheel.api<PricedUsage>(`/api/usage/priced?from=${from}`);
  const dollars = (tokens.input_tokens * 0.15 + tokens.output_tokens * 0.6) / 1e6;
  ok(Math.abs(Number(cost!.slice(1)) - dollars) < 0.02 * dollars, `${cost} is not ${dollars}`);
  await addressSays("price", "openai gpt-4o-mini");
  await page.keyboard.press("Escape");
  await page.keyboard.press("w");
  await rows.first().waitFor({ state: "detached" });
});

test("a period of one's own without traffic says so and leads back", async () => {
  await page.goto(`${flywheel.origin}/studio/overview?from=1600000000000&to=1600003600000`);
  await page.getByText("Nothing in this period").waitFor();
  deepEqual(await axeViolations(page), []);
  await page.getByRole("button", { name: "Show the last 30 days" }).click();
  await charts(CHARTS);
});

test("on a phone, in the dark, it is as accessible and no wider than the screen", async () => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 390, height: 844 });
  await charts(CHARTS);
  deepEqual(await axeViolations(page), []);
  equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
});

test("nothing above made the browser complain", () => {
  deepEqual(complaints, []);
});

test("where the figures do not come it says why, and shows them as soon as they do", async () => {
  await page.route("**/api/usage*", (route) => route.abort());
  await page.reload();
  await page.getByRole("alert").getByText("The figures could not be loaded").waitFor();
  deepEqual(await axeViolations(page), []);
  await page.unroute("**/api/usage*");
  await charts(CHARTS);
  ok(await tile("Requests").isVisible());
});
