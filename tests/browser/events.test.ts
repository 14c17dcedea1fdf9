import { deepEqual, equal } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { EventPage, EventRow } from "@flywheel/protocol";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { eventually, type Flywheel, removeFolder, startFlywheel } from "../system/flywheel.ts";
import { axeViolations } from "./axe.ts";
import { launchBrowser } from "./chromium.ts";
import { type Desk, startDesk } from "./events-demo/desk.ts";

let flywheel: Flywheel;
let browser: Browser;
let context: BrowserContext;
let desk: Desk;
let page: Page;
const complaints: string[] = [];

before(async () => {
  [flywheel, browser] = await Promise.all([startFlywheel(), launchBrowser()]);
  await eventually(() => flywheel.status(), "the control server");
  desk = await startDesk(flywheel, () => ({
    user: "ann",
    body: { model: "local/spark", max_tokens: 8, messages: [{ role: "user", content: "Where is my parcel?" }] },
  }));
  context = await browser.newContext();
  page = await open();
});
after(async () => {
  await browser.close();
  await desk.close();
  await flywheel.stop();
  removeFolder(flywheel.dataDir);
});

async function open(): Promise<Page> {
  const opened = await context.newPage();
  opened.on("pageerror", (error) => complaints.push(String(error)));
  await opened.goto(desk.address);
  await opened.getByLabel("Suggested answer").waitFor();
  return opened;
}

const agree = () => page.evaluate(() => dispatchEvent(new Event("consent")));

const events = (of: string, count: number): Promise<EventRow[]> =>
  eventually(async () => {
    const { data } = await flywheel.api<EventPage>(`/api/events?generation=${of}`);
    return data.length >= count ? data.toReversed() : undefined;
  }, `${count} events of ${of}`);

const said = (rows: readonly EventRow[]) =>
  rows.map(({ name, payload, consent }) => ({ name, consent, ...(JSON.parse(payload) as object) }));

test("a thumb and an edit in a page of another origin reach the server once the user has agreed", async () => {
  deepEqual(await axeViolations(page), []);
  await page.getByRole("button", { name: "Good" }).click();
  await page.evaluate(() => globalThis.desk.flush());
  deepEqual((await flywheel.api<EventPage>("/api/events")).data, [], "nothing leaves before that");
  await agree();
  await page.getByLabel("Suggested answer").fill("It comes today.");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Sent.").waitFor();
  const rows = await events(desk.generation(), 2);
  deepEqual(said(rows), [
    { name: "thumbs", consent: "granted", value: "up" },
    { name: "edited", consent: "granted", final: "It comes today." },
  ]);
  deepEqual(rows.map(({ signals, origin }) => [signals[0]!.type, origin]), [["reward", desk.address], ["demonstration", desk.address]]); // prettier-ignore
});

test("what is done offline arrives when the page is back online", async () => {
  await page.close();
  page = await open();
  const of = desk.generation();
  await context.setOffline(true);
  await page.getByRole("button", { name: "Bad" }).click();
  await page.evaluate(() => globalThis.desk.flush());
  equal(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("flywheel.")).length), 1);
  await context.setOffline(false);
  deepEqual(said(await events(of, 1)), [{ name: "thumbs", consent: "granted", value: "down" }]);
});

test("what was done offline before the page was closed arrives with the next visit, once", async () => {
  const of = desk.generation();
  await context.setOffline(true);
  await page.getByRole("button", { name: "Good" }).click();
  await page.evaluate(() => globalThis.desk.flush());
  await page.close();
  await context.setOffline(false);
  page = await open();
  deepEqual(
    said(await events(of, 2)).map((one) => "value" in one && one.value),
    ["down", "up"],
  );
  await page.evaluate(() => globalThis.desk.flush());
  equal(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("flywheel.")).length), 0);
});

test("what was done in the last moment of a page is told while it goes away, and again later, and counts once", async () => {
  const of = desk.generation();
  await page.evaluate(() => document.querySelectorAll("button")[1]!.click());
  await page.goto("about:blank");
  await events(of, 1);
  await page.goto(desk.address);
  await page.getByLabel("Suggested answer").waitFor();
  await page.evaluate(() => globalThis.desk.flush());
  await page.getByRole("button", { name: "Good" }).click();
  await events(desk.generation(), 1);
  equal((await events(of, 1)).length, 1);
  deepEqual(complaints, []);
});
