import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { EndpointList } from "@flywheel/protocol";
import type { Browser, Page } from "playwright-core";
import { type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "../system/flywheel.ts";
import { HOSTILE_TEXT } from "../upstream/answers.ts";
import { type ScriptedUpstream, startUpstream } from "../upstream/server.ts";
import { axeViolations } from "./axe.ts";
import { launchBrowser } from "./chromium.ts";
import { holds } from "./field.ts";
import { complaintsOf } from "./complaints.ts";

const file = (prompt: string) => `import { defineEndpoint } from "flywheel";

interface Message {
  /** What the customer wrote <b>\u202e */
  message: string;
  channel: "mail" | "chat";
  spent?: number;
  urgent?: boolean;
  tags?: string[];
  sender?: { name: string };
}

export interface Triage {
  queue: "cards" | "billing";
  summary: string;
}

export default defineEndpoint<Message, Triage>({
  model: "desk/m",
  prompt: ${prompt},
});
`;
const GOOD = file("(input) => JSON.stringify(input)");

let upstream: ScriptedUpstream;
let projectDir: string;
let flywheel: Flywheel;
let browser: Browser;
let page: Page;
let complaints: string[];

before(async () => {
  upstream = await startUpstream();
  projectDir = temporaryFolder("project");
  const providers = { desk: { baseUrl: `${upstream.origin}/fixtures`, models: ["m"] } };
  writeFileSync(join(projectDir, "flywheel.config.ts"), `export default ${JSON.stringify({ providers })};\n`);
  [flywheel, browser] = await Promise.all([startFlywheel({ projectDir }), launchBrowser()]);
  await flywheel.rows(0);
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  complaints = complaintsOf(page, flywheel.origin);
  await page.goto(flywheel.studioUrl);
});
after(async () => {
  await browser.close();
  await flywheel.stop();
  await upstream.close();
  removeFolder(flywheel.dataDir);
});

const save = (text: string) => writeFileSync(join(projectDir, "endpoints/support/triage.ts"), text);
const output = () => page.getByRole("region", { name: "Output" });

/** Nothing for axe-core to find and nothing that sticks out, light and wide, dark and on a phone. */
async function accessible(): Promise<void> {
  for (const [width, colorScheme] of [
    [390, "dark"],
    [1440, "light"],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    deepEqual(await axeViolations(page), [], `${colorScheme}, ${width} px`);
    equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
  }
}

test("without endpoints the page says how to make one, and shows it once it is saved", async () => {
  await page.getByRole("link", { name: "Endpoints" }).click();
  await page.getByText("No endpoints yet").waitFor();
  match((await page.locator(".command").first().innerText()) ?? "", /flywheel -- init/);
  await accessible();
  mkdirSync(join(projectDir, "endpoints/support"), { recursive: true });
  save(GOOD);
  await page.getByRole("link", { name: "support/triage" }).waitFor();
});

test("a form made of the input's type is filled in by keyboard, and the typed answer comes field by field", async () => {
  await page.keyboard.press("j");
  await page.getByRole("region", { name: "Endpoint support/triage" }).waitFor();
  await page.getByLabel(/^message/).focus();
  await page.keyboard.type("I lost my card");
  await page.getByLabel(/^channel/).selectOption("chat");
  await page.getByLabel(/^spent/).fill("12.5");
  await page.getByLabel(/^urgent/).selectOption("true");
  await page.getByRole("button", { name: "Add tags" }).click();
  await page.getByRole("button", { name: "Add to tags" }).click();
  await page.getByLabel(/^tags 1/).fill("vip");
  await page.getByRole("button", { name: "Add sender" }).click();
  await page.getByLabel(/^name/).fill("Ann");
  await accessible();
  upstream.says = ['{"queue":"cards","summary":"Lost <img src=x> \\u202e card"}'];
  await page.keyboard.press("Control+Enter");
  await output().getByText("Lost <img src=x> \\u202e card").waitFor();
  await output().getByText("schema mode").waitFor();
  equal(await output().locator("dt").filter({ hasText: "queue" }).count(), 1);
  const asked = JSON.parse(upstream.seen.at(-1)!.body) as { messages: { content: string }[] };
  deepEqual(JSON.parse(asked.messages.at(-1)!.content), {
    message: "I lost my card",
    channel: "chat",
    spent: 12.5,
    urgent: true,
    tags: ["vip"],
    sender: { name: "Ann" },
  });
  await accessible();
});

test("the input is kept and may be written as JSON; what is no input is refused with its place", async () => {
  await page.reload();
  await page.getByRole("button", { name: "JSON", exact: true }).click();
  const area = page.getByLabel("Input as JSON");
  await holds(area, /"vip"/);
  await area.fill("{");
  await page.getByText("This is not JSON").waitFor();
  ok(await page.getByRole("button", { name: /^Run/ }).isDisabled());
  await area.fill('{"message": 5, "channel": "chat"}');
  await page.getByRole("button", { name: /^Run/ }).click();
  await output().getByRole("alert").getByText("`/message` must be string").waitFor();
  await page.getByRole("button", { name: "Reset" }).click();
  await holds(page.getByLabel(/^message/), "");
});

test("a long hostile output is only text, as it comes and when it is there", async () => {
  upstream.says = [JSON.stringify({ queue: "cards", summary: HOSTILE_TEXT.slice(0, 800).join("") })];
  await page.getByLabel(/^message/).fill("Now say something evil.");
  await page.keyboard.press("Control+Enter");
  await output().getByText("schema mode").waitFor();
  const shown = await output().innerText();
  ok(shown.includes('<script>document.title="owned"</script>') && shown.includes("\\x1b[31mred"), shown.slice(0, 500));
  for (const mark of ["\u001b", "\u202e", "\u2066", "\u0007"]) ok(!shown.includes(mark));
  equal(await output().locator("script, img").count(), 0);
  equal(await page.title(), "Endpoints · Flywheel");
  await page.reload();
});

test("types, grammar and source are shown, and a broken edit where it is broken", async () => {
  await page.getByRole("link", { name: "support/triage" }).focus();
  await page.keyboard.press("2");
  await page.getByRole("region", { name: "Output schema" }).getByText('"cards"').waitFor();
  match(await page.getByRole("row", { name: /enum/ }).first().innerText(), /enforced/);
  await accessible();
  await page.keyboard.press("3");
  await page.getByRole("group", { name: "Source" }).getByText("defineEndpoint<Message, Triage>").waitFor();
  const { build } = await flywheel.api<EndpointList>("/api/endpoints");
  save(file("5"));
  const problems = page.getByRole("status", { name: "Problems" });
  await problems.getByText("as they last were good").waitFor();
  match(await problems.innerText(), /endpoints\/support\/triage\.ts:20:3 Type .number. is not assignable/);
  await page.locator(".source-problem").first().waitFor();
  await accessible();
  equal((await flywheel.api<EndpointList>("/api/endpoints")).build, build);
  save(GOOD);
  await problems.waitFor({ state: "detached" });
});

test("calls are listed with how often each field of an answer was wrong", async () => {
  const ask = () =>
    fetch(`${flywheel.origin}/endpoints/support/triage`, {
      method: "POST",
      headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json" },
      body: '{"message":"hi","channel":"mail"}',
    });
  upstream.says = ['{"queue":"other","summary":"x"}', '{"queue":"cards","summary":"mended"}'];
  equal((await ask()).status, 200);
  upstream.says = ['{"queue":"other"}', '{"queue":"other"}'];
  equal((await ask()).status, 502);
  await flywheel.rows(4);
  await page.keyboard.press("4");
  const fields = page.getByRole("region", { name: "Failures by field" });
  await fields.getByRole("row", { name: /^\/queue 3/ }).waitFor();
  await fields.getByRole("row", { name: /^\/summary 2/ }).waitFor();
  await page.getByRole("region", { name: "Recent calls" }).getByText("mended").waitFor();
  await accessible();
  await page.getByRole("link", { name: "All in the logs" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".log-row").length === 4);
  await page.locator(".log-row").last().click();
  await page.getByRole("complementary").getByText("vip").first().waitFor();
  await page.keyboard.press("p");
  await page.waitForURL(/\/endpoints\?endpoint=/);
  await holds(page.getByLabel(/^message/), "I lost my card");
});

test("nothing above made the browser complain", () => {
  deepEqual(complaints, []);
});
