import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { type Flywheel, removeFolder, startFlywheel } from "../system/flywheel.ts";
import { axeViolations } from "./axe.ts";
import { complaintsOf } from "./complaints.ts";
import { launchBrowser } from "./chromium.ts";

const HOSTILE = "<img src=x onerror=alert(1)> \u001b[31mred\u202e **zebra**";

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

/** Calls the model and gives the generation's id. */
async function ask(content: string, stream = false): Promise<string> {
  const response = await fetch(`${flywheel.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "local/spark", stream, max_tokens: 16, messages: [{ role: "user", content }] }),
  });
  equal(response.status, 200, await response.text());
  return response.headers.get("flywheel-generation-id")!;
}

const rows = () => page.locator(".log-row");
const rowCount = (count: number) =>
  page.waitForFunction((wanted) => document.querySelectorAll(".log-row").length === wanted, count);

test("who opens the studio without the token is asked for it, and a wrong one is refused", async () => {
  const stranger = await browser.newPage();
  await stranger.goto(`${flywheel.origin}/studio/logs`);
  await stranger.getByLabel("Token").fill("not-the-token");
  await stranger.getByRole("button", { name: "Log in" }).click();
  await stranger.getByText("That is not the token of this server.").waitFor();
  deepEqual(await axeViolations(stranger), []);
  await stranger.context().close();
});

test("the studio's address logs in, hides its token, and an empty list says how to fill it", async () => {
  await page.goto(flywheel.studioUrl);
  await page.getByText("No generations yet").waitFor();
  ok(!page.url().includes("token"), page.url());
  await page.getByRole("link", { name: "Logs" }).click();
  await page.getByRole("searchbox", { name: "Search" }).waitFor();
  match(await page.locator(".command").innerText(), new RegExp(`^curl ${flywheel.baseUrl}/chat/completions`));
  deepEqual(await axeViolations(page), []);
});

test("calls appear by themselves while the page is open", async () => {
  for (const content of ["I lost my card", "Where is my refund?"]) await ask(content);
  await ask(HOSTILE, true);
  await rowCount(3);
  const newest = await rows().first().innerText();
  ok(newest.includes("\\x1b[31mred\\u202e") && newest.includes("<img src=x"), newest);
  deepEqual(await axeViolations(page), []);
});

test("the live tail is paused and taken up again by keyboard", async () => {
  const live = page.getByRole("button", { name: /^(Live|Paused)$/ });
  await page.keyboard.press("l");
  await live.getByText("Paused").waitFor();
  await ask("Is anybody there?");
  await flywheel.rows(4);
  equal(await rows().count(), 3);
  await page.keyboard.press("l");
  await rowCount(4);
});

test("a generation is opened, stepped from and closed by keyboard, and its address is kept", async () => {
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  const peek = page.getByRole("complementary", { name: "Generation" });
  await peek.getByText("**zebra**").first().waitFor();
  deepEqual(await axeViolations(page), []);

  await page.keyboard.press("j");
  await peek.getByText("Where is my refund?").first().waitFor();
  const id = new URL(page.url()).searchParams.get("peek")!;
  await page.reload();
  await peek.getByText("Where is my refund?").first().waitFor();

  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: id }).waitFor();
  equal(new URL(page.url()).pathname, `/studio/logs/${id}`);
  await page.getByRole("table").first().waitFor();
  deepEqual(await axeViolations(page), []);

  await page.keyboard.press("Escape");
  await peek.waitFor();
  await page.keyboard.press("Escape");
  await peek.waitFor({ state: "detached" });
});

test("a search narrows the list, lives in the address, and clears", async () => {
  await page.keyboard.press("/");
  await page.keyboard.type("refund");
  await rowCount(1);
  equal(new URL(page.url()).searchParams.get("search"), "refund");
  await page.keyboard.press("Escape");
  await page.getByLabel("Status").selectOption("interrupted");
  await page.getByText("Nothing matches").waitFor();
  await page.getByRole("button", { name: "Clear the filters" }).click();
  await rowCount(4);
});

test("on a phone, in the dark, the list and a generation are as accessible", async () => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 390, height: 844 });
  deepEqual(await axeViolations(page), []);
  await rows().nth(1).click();
  await page.getByRole("complementary").getByText("**zebra**").first().waitFor();
  deepEqual(await axeViolations(page), []);
  equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
});

test("nothing above made the browser complain", () => {
  deepEqual(complaints, []);
});

test("logging out leaves nothing to see", async () => {
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Token").waitFor();
  equal(await page.evaluate(() => fetch("/api/generations").then(({ status }) => status)), 401);
});
