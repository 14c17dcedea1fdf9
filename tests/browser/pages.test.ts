import { deepEqual, equal, match, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { GenerationPage, KeyList, SavedRequestList } from "@flywheel/protocol";
import type { Browser, Page } from "playwright-core";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "../system/flywheel.ts";
import { type ScriptedUpstream, startUpstream } from "../upstream/server.ts";
import { axeViolations } from "./axe.ts";
import { launchBrowser } from "./chromium.ts";
import { holds } from "./field.ts";

let upstream: ScriptedUpstream;
let flywheel: Flywheel;
let browser: Browser;
let page: Page;
/** Whatever the browser complained about, but for answers that are meant to fail. */
const complaints: string[] = [];

before(async () => {
  upstream = await startUpstream();
  const projectDir = temporaryFolder("project");
  writeFileSync(
    join(projectDir, "flywheel.config.ts"),
    `export default { providers: { scripted: { baseUrl: "${upstream.origin}/v1", models: ["ok", "hostile"] } } };\n`,
  );
  [flywheel, browser] = await Promise.all([startFlywheel({ projectDir }), launchBrowser()]);
  await flywheel.rows(0);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: flywheel.origin });
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  await page.goto(flywheel.studioUrl);
  await page.getByText("No generations yet").waitFor();
});
after(async () => {
  await browser.close();
  await flywheel.stop();
  await upstream.close();
  removeFolder(flywheel.dataDir);
});

const go = (path: string) => page.goto(`${flywheel.origin}/studio${path}`);

/** The page as it stands: nothing for axe-core to find and nothing that sticks out, light and wide, dark and on a phone. */
async function accessible(): Promise<void> {
  await page.locator("main h1").first().waitFor({ state: "attached" });
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

const copied = () => page.evaluate(() => navigator.clipboard.readText());
const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });

describe("Models", () => {
  test("says why each provider is unavailable and what to set, and knows prices and contexts", async () => {
    await go("/models");
    await page.getByRole("link", { name: "azure" }).waitFor();
    await accessible();
    await page.getByRole("link", { name: "azure" }).click();
    const panel = page.getByRole("region", { name: "Provider azure" });
    await panel.getByText("export AZURE_RESOURCE_NAME=…").waitFor();
    equal(new URL(page.url()).searchParams.get("provider"), "azure");
    await page.keyboard.press("/");
    await page.keyboard.type("4o-mini");
    const row = panel.getByRole("row", { name: /^gpt-4o-mini/ }).first();
    match(await row.innerText(), /128,000\s+0\.15\s+0\.6/);
    await accessible();
  });

  test("tests a model with a real call: how fast it is, or what is wrong in words", async () => {
    await button("Test azure/gpt-4o-mini").click();
    await page.getByText("azure is not available: set AZURE_RESOURCE_NAME").waitFor();
    await go("/models?provider=local");
    await page.getByText(/\d\.\d M parameters · file \d\.\d MB · loaded with its first call/).waitFor();
    await button("Test local/spark").click();
    await page.getByText(/It answers: TTFT .* · whole answer .* · \d+ tokens/).waitFor();
    await page.getByText(/memory \d+\.\d MB · loaded/).waitFor();
    await accessible();
  });

  test("is walked with the keyboard alone", async () => {
    await go("/models");
    await page.getByRole("link", { name: "local", exact: true }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.getByRole("region", { name: "Provider scripted" }).waitFor();
    for (let tabs = 0; tabs < 40; tabs++) {
      await page.keyboard.press("Tab");
      if ((await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))) === "Test scripted/ok") break;
    }
    await page.keyboard.press("Enter");
    await page.getByText(/It answers/).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("region", { name: "Provider scripted" }).waitFor({ state: "detached" });
  });

  test("copies a call of a model", async () => {
    await go("/models?provider=scripted");
    await page.getByLabel("Copy a call of scripted/ok").selectOption("Python");
    await page.getByRole("status").filter({ hasText: "Copied Python" }).waitFor();
    match(await copied(), /^import os\nfrom openai import OpenAI[^]*model="scripted\/ok"/);
  });
});

describe("Playground", () => {
  const pane = (number: number) => page.getByRole("region", { name: `Model ${number}` });
  const message = () => page.getByLabel("Message 1", { exact: true });

  test("asks several models at once, streams, and says how fast and how much", async () => {
    await go("/playground?models=scripted/slow,local/spark,scripted/500");
    await accessible();
    await message().fill("I lost my card");
    await page.keyboard.press("Control+Enter");
    await pane(1).getByText("Your card is on its way — 🐢.").waitFor();
    await pane(1).getByText("12→8").waitFor();
    match(await pane(1).innerText(), /TTFT\s+[\d.]+ m?s\s+Speed\s+(–|[\d.,]+ tok\/s)\s/);
    await pane(2).getByRole("link", { name: "In the logs" }).waitFor();
    await pane(2).getByText("$0", { exact: true }).waitFor();
    await pane(3)
      .getByText(/it broke/)
      .waitFor();
    await accessible();
  });

  test("is a client like any other: its calls are logged under a key that can only call models", async () => {
    const { data } = await flywheel.api<KeyList>("/api/keys");
    const key = data.find(({ name }) => name === "studio")!;
    deepEqual(key.scopes, ["inference"]);
    ok(key.expires! <= Date.now() + 3_600_000);
    const rows = await flywheel.rows(5);
    ok(rows.every(({ key_id }) => key_id === key.id));
    await pane(1).getByRole("link", { name: "In the logs" }).click();
    await page.getByRole("heading", { level: 1, name: /^gen_/ }).waitFor();
    await page.getByText("I lost my card").first().waitFor();
  });

  test("opens a logged generation, with its parameters, and keeps what is edited over a reload", async () => {
    await page.keyboard.press("p");
    await page.getByLabel("Model 1").first().waitFor();
    match(page.url(), /generation=gen_/);
    await page.waitForFunction(
      () => document.querySelector<HTMLInputElement>(".pane-model")?.value === "scripted/slow",
    );
    await holds(message(), "I lost my card");
    await page.getByLabel("temperature").fill("0.5");
    await page.reload();
    await page.waitForFunction(() => document.querySelectorAll("textarea").length > 1);
    await holds(page.getByLabel("temperature"), "0.5");
  });

  test("stops an answer that does not end, and says so; what cannot be sent is said before", async () => {
    await go("/playground?models=scripted/endless");
    await message().fill("go on");
    await button(/^Run/).click();
    await pane(1)
      .getByText(/≈ [\d.,]+ tok\/s/)
      .waitFor();
    await page.keyboard.press("Escape");
    await pane(1).getByText("Stopped.").waitFor();
    await page.getByLabel("More fields, as JSON").fill("{");
    await button(/^Run/).click();
    await page.getByText(/field for more is not valid JSON/).waitFor();
    await accessible();
    await page.getByLabel("More fields, as JSON").fill("");
  });

  test("saves a request under a name and an address, from which it comes back", async () => {
    await go("/playground?models=scripted/ok,local/spark");
    await message().fill("Where is my refund?");
    await page.getByLabel("max_tokens").fill("9");
    await button("Save as …").click();
    await page.getByLabel("Name").fill("refund <b>");
    deepEqual(await axeViolations(page), []);
    await page.keyboard.press("Enter");
    await page.waitForURL(/request=saved_/);
    const { data } = await flywheel.api<SavedRequestList>("/api/requests");
    deepEqual(data[0]!.body["model"], ["scripted/ok", "local/spark"]);
    equal(data[0]!.body["max_tokens"], 9);
    const address = page.url();
    await button("Clear").click();
    await holds(message(), "");
    await page.goto(address);
    await page.waitForFunction(() => document.querySelectorAll(".pane").length === 2);
    await holds(message(), "Where is my refund?");
    await page.getByLabel("Copy this request").selectOption("curl");
    await page.getByRole("status").filter({ hasText: "Copied curl" }).waitFor();
    match(await copied(), /^curl .*\/v1\/chat\/completions[^]*Where is my refund\?/);
  });

  test("shows a megabyte of hostile output as what it is: text", async () => {
    await go("/playground?models=scripted/hostile");
    await message().fill("be evil");
    await page.keyboard.press("Control+Enter");
    await pane(1)
      .getByRole("button", { name: /^Show all 1,\d{3},\d{3} characters/ })
      .waitFor();
    await pane(1).getByText("stop", { exact: true }).waitFor();
    const shown = await pane(1).innerText();
    ok(
      shown.includes('<script>document.title="owned"</script>') && shown.includes("\\x1b[31mred"),
      shown.slice(0, 500),
    );
    for (const mark of ["\u001b", "\u202e", "\u2066", "\u0007"]) ok(!shown.includes(mark));
    await pane(1)
      .getByRole("button", { name: /^Show all/ })
      .click();
    await pane(1).getByText("7999 <script>").waitFor();
    equal(await page.title(), "Playground · Flywheel");
    equal(await page.locator(".pane script, .pane img, .pane a[href^=javascript]").count(), 0);
    await go("/playground");
  });
});

describe("Keys", () => {
  const row = (name: string) => page.getByRole("row", { name: new RegExp(`^${name} `) });

  test("makes a key for some models, shows its secret once, and the gateway holds it to them", async () => {
    await go("/keys");
    await row("dev").waitFor();
    await accessible();
    await page.keyboard.press("n");
    await page.getByLabel("Name").fill("trial");
    await page.getByLabel("May call").fill("scripted/*");
    await page.getByLabel("Expires").selectOption("in 30 days");
    deepEqual(await axeViolations(page), []);
    await page.keyboard.press("Enter");
    const secret = await page.locator(".secret").innerText();
    match(secret, /^fw_prod_[A-Za-z0-9]{43}$/);
    deepEqual(await axeViolations(page), []);
    await button("Copy the secret").click();
    await page.getByText("Copied").waitFor();
    equal(await copied(), secret);
    await button("Done").click();
    match(await row("trial").innerText(), /live until .*\sscripted\/\*/);
    ok(!(await page.content()).includes(secret));
    equal(await ask(secret, "scripted/ok"), 200);
    equal(await ask(secret, "local/spark"), 403);
  });

  test("rotates and revokes by keyboard, and asks first", async () => {
    await page.keyboard.press("j");
    match(await page.locator("tr[aria-current]").innerText(), /trial/);
    await page.keyboard.press("r");
    await page.getByLabel("The old secret goes on working").selectOption("not at all");
    deepEqual(await axeViolations(page), []);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const secret = await page.locator(".secret").innerText();
    equal(await ask(secret, "scripted/ok"), 200);
    await page.keyboard.press("Escape");
    await page.keyboard.press("x");
    await page.getByText("This cannot be undone").waitFor();
    await page.keyboard.press("Escape");
    equal(await ask(secret, "scripted/ok"), 200);
    await page.keyboard.press("x");
    await button("Revoke").click();
    await row("trial").waitFor({ state: "detached" });
    await eventually(async () => ((await ask(secret, "scripted/ok")) === 401 ? true : undefined), "the end of the key");
    await button("1 no longer valid").click();
    match(await row("trial").innerText(), /revoked/);
    const { data } = await flywheel.api<KeyList>("/api/keys");
    const calls = `/api/generations?key_id=${data.find(({ name }) => name === "trial")!.id}`;
    const logged = async () => (await flywheel.api<GenerationPage>(calls)).data.length >= 3 || undefined;
    await eventually(logged, "the rows");
    await go("/keys?all=true");
    await row("trial").waitFor();
    await accessible();
    await page.getByRole("link", { name: /^\d+ calls of trial$/ }).click();
    await page.waitForURL(/key_id=key_/);
    await page.locator(".log-row").first().waitFor();
    equal(await page.getByRole("row", { name: /I lost my card/ }).count(), 0);
    await page.getByRole("button", { name: /^Key .*: show every key$/ }).click();
    await page
      .getByRole("row", { name: /I lost my card/ })
      .first()
      .waitFor();
  });

  async function ask(secret: string, model: string): Promise<number> {
    const response = await fetch(`${flywheel.baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] }),
    });
    await response.text();
    return response.status;
  }
});

describe("the palette", () => {
  test("goes anywhere by name, by keyboard, from anywhere", async () => {
    const kept = await fetch(`${flywheel.origin}/api/filters`, {
      method: "POST",
      headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "what broke", filter: { status: "error" } }),
    });
    equal(kept.status, 200);
    await go("/keys");
    await page.getByRole("row", { name: /^dev / }).waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("mod");
    await holds(page.getByRole("combobox", { name: "Go to" }), "mod");
    await page.getByRole("option", { name: "Models" }).waitFor();
    await accessible();
    await page.getByRole("combobox", { name: "Go to" }).fill("playg");
    await page.getByRole("option", { name: "Playground", selected: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/studio\/playground$/);
    await page.getByLabel("Message 1", { exact: true }).focus();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("I lost my");
    await page.getByRole("option", { name: /^I lost my card/, selected: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/studio\/logs\/gen_/);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("refund <b>");
    await page.getByRole("option", { name: /^refund <b>/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Control+k");
    await page.keyboard.type("theme: dark");
    await page.getByRole("option", { name: "Theme: dark", selected: true }).waitFor();
    await page.keyboard.press("Enter");
    equal(await page.evaluate(() => document.documentElement.dataset["theme"]), "dark");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("what bro");
    await page.getByRole("option", { name: "what broke", selected: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/logs\?status=error/);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("zzzzz");
    await page.getByRole("option", { name: "Search the logs for “zzzzz”", selected: true }).waitFor();
    await accessible();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/logs\?search=zzzzz/);
    await page.getByText("Nothing matches").waitFor();
  });
});

test("pages say when the server is gone, and go on when it is back", async () => {
  await go("/models");
  await page.getByRole("link", { name: "local", exact: true }).waitFor();
  const gone = /\/(api|v1)\//;
  await page.route(gone, (route) => route.abort());
  const link = (name: string) => page.getByRole("navigation").getByRole("link", { name });
  await link("Keys").click();
  await page.getByText("The keys could not be loaded").waitFor();
  await accessible();
  await link("Playground").click();
  await page.getByLabel("Message 1", { exact: true }).fill("anyone?");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("region", { name: "Model 1" }).getByText("The server does not answer").waitFor();
  await accessible();
  await page.unroute(gone);
  await link("Keys").click();
  await page.getByRole("row", { name: /^dev / }).waitFor();
});

test("nothing above made the browser complain", () => {
  deepEqual(complaints, []);
});
