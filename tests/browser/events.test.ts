import { deepEqual, equal } from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { CreatedKey, EventPage, EventRow } from "@flywheel/protocol";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { rolldown } from "rolldown";
import { eventually, type Flywheel, removeFolder, startFlywheel } from "../system/flywheel.ts";
import { axeViolations } from "./axe.ts";
import { launchBrowser } from "./chromium.ts";

let flywheel: Flywheel;
let browser: Browser;
let context: BrowserContext;
let desk: Server;
let page: Page;
let address: string;
let generation = "";
const complaints: string[] = [];

before(async () => {
  const bundled = bundle();
  [flywheel, browser] = await Promise.all([startFlywheel(), launchBrowser()]);
  await eventually(() => flywheel.status(), "the control server");
  desk = createServer((request, response) => {
    void answer(request.url!).then(([type, body, headers]) =>
      response.writeHead(200, { "content-type": type, ...headers }).end(body),
    );
  }).listen(0, "127.0.0.1");
  await once(desk, "listening");
  address = `http://127.0.0.1:${(desk.address() as AddressInfo).port}`;
  const key = await publishableKey();

  async function answer(path: string): Promise<[type: string, body: string, headers?: Record<string, string>]> {
    if (path === "/page.js") return ["text/javascript", await bundled];
    if (path === "/settings") return ["application/json", JSON.stringify({ url: flywheel.origin, key })];
    if (path === "/suggestion") return suggestion();
    return ["text/html", readFileSync(new URL("./events-demo/page.html", import.meta.url), "utf8")];
  }

  context = await browser.newContext();
  page = await open();
});
after(async () => {
  await browser.close();
  desk.close();
  await flywheel.stop();
  removeFolder(flywheel.dataDir);
});

async function bundle(): Promise<string> {
  const input = new URL("./events-demo/page.ts", import.meta.url).pathname;
  const define = { "process.env.NODE_ENV": '"production"' };
  const build = await rolldown({ input, platform: "browser", transform: { define } });
  return (await build.generate({ format: "esm", codeSplitting: false })).output[0].code;
}

async function publishableKey(): Promise<string> {
  const response = await fetch(`${flywheel.origin}/api/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "desk", scopes: ["events"], origins: [address] }),
  });
  return ((await response.json()) as CreatedKey).secret;
}

/** What the desk's own server does: ask with its secret key, pass on the answer and its token. */
async function suggestion(): Promise<[string, string, Record<string, string>]> {
  const response = await fetch(`${flywheel.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json", "flywheel-user-id": "ann" },
    body: JSON.stringify({
      model: "local/spark",
      max_tokens: 8,
      messages: [{ role: "user", content: "Where is my parcel?" }],
    }),
  });
  generation = response.headers.get("flywheel-generation-id")!;
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  const token = response.headers.get("flywheel-generation-token")!;
  return ["text/plain", choices[0]!.message.content, { "flywheel-generation-token": token }];
}

async function open(): Promise<Page> {
  const opened = await context.newPage();
  opened.on("pageerror", (error) => complaints.push(String(error)));
  await opened.goto(address);
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
  const rows = await events(generation, 2);
  deepEqual(said(rows), [
    { name: "thumbs", consent: "granted", value: "up" },
    { name: "edited", consent: "granted", final: "It comes today." },
  ]);
  deepEqual(rows.map(({ signals, origin }) => [signals[0]!.type, origin]), [["reward", address], ["demonstration", address]]); // prettier-ignore
});

test("what is done offline arrives when the page is back online", async () => {
  await page.close();
  page = await open();
  const of = generation;
  await context.setOffline(true);
  await page.getByRole("button", { name: "Bad" }).click();
  await page.evaluate(() => globalThis.desk.flush());
  equal(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("flywheel.")).length), 1);
  await context.setOffline(false);
  deepEqual(said(await events(of, 1)), [{ name: "thumbs", consent: "granted", value: "down" }]);
});

test("what was done offline before the page was closed arrives with the next visit, once", async () => {
  const of = generation;
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
  const of = generation;
  await page.evaluate(() => document.querySelectorAll("button")[1]!.click());
  await page.goto("about:blank");
  await events(of, 1);
  await page.goto(address);
  await page.getByLabel("Suggested answer").waitFor();
  await page.evaluate(() => globalThis.desk.flush());
  await page.getByRole("button", { name: "Good" }).click();
  await events(generation, 1);
  equal((await events(of, 1)).length, 1);
  deepEqual(complaints, []);
});
