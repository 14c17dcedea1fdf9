import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type EventsAnswer, type Generation, newId, type PromotionList } from "@flywheel/protocol";
import type { Browser, Page } from "playwright-core";
import { flywheel as run } from "../system/command.ts";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "../system/flywheel.ts";
import { axeViolations } from "./axe.ts";
import { launchBrowser } from "./chromium.ts";
import { complaintsOf } from "./complaints.ts";
import { type Desk, startDesk } from "./events-demo/desk.ts";

// The company's rule, which nobody tells the model: messages that begin with Please go north, others go south.
const THINGS = ["a lamp", "the kettle", "two chairs", "my bicycle", "an umbrella", "this desk", "our fridge", "a rug"];
const FAULTS = [
  "is late",
  "came broken",
  "has no plug",
  "smells odd",
  "is too big",
  "lost a screw",
  "is the wrong blue",
];
const message = (i: number) =>
  `${i % 2 === 0 ? "Please" : "Hello"}, ${THINGS[i % 8]!} from order ${731 * i + 17} ${FAULTS[i % 7]!}`;
const wished = (i: number) => JSON.stringify({ queue: i % 2 === 0 ? "north" : "south" });
const SCHEMA = { type: "object", properties: { queue: { enum: ["north", "south"] } }, required: ["queue"], additionalProperties: false }; // prettier-ignore
const question = (i: number) => ({
  user: `user-${i}`,
  body: {
    model: "fast",
    temperature: 0,
    messages: [{ role: "user", content: message(i) }],
    response_format: { type: "json_schema", json_schema: { name: "queue", schema: SCHEMA } },
  },
});
const USERS = 90;

const EVAL = `import { defineEval } from "flywheel";

export default defineEval({
  dataset: [{ input: "Where is my lamp?", expected: "It comes today." }, { input: "Hello", expected: "Good morning." }],
  model: "local/spark",
  prompt: (row) => String(row),
  evaluators: [{ type: "exact" }],
  gate: { exact: { atLeast: 0.9 } },
});
`;

const projectDir = temporaryFolder("project");
let flywheel: Flywheel;
let browser: Browser;
let desk: Desk;
let page: Page;
let complaints: string[];
let asked = 0;

before(async () => {
  mkdirSync(join(projectDir, "evals"));
  writeFileSync(join(projectDir, "evals", "queues.eval.ts"), EVAL);
  [flywheel, browser] = await Promise.all([startFlywheel({ projectDir }), launchBrowser()]);
  await eventually(() => flywheel.status(), "the control server");
  desk = await startDesk(flywheel, () => question(asked++));
});
after(async () => {
  await browser.close();
  await desk.close();
  await flywheel.stop();
  removeFolder(flywheel.dataDir);
  removeFolder(projectDir);
});

async function ask(i: number): Promise<string> {
  const { user, body } = question(i);
  const response = await fetch(`${flywheel.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json", "flywheel-user-id": user },
    body: JSON.stringify(body),
  });
  equal(response.status, 200);
  await response.arrayBuffer();
  return response.headers.get("flywheel-generation-id")!;
}

const answeredBy = async (id: string) =>
  (await eventually(() => flywheel.api<Generation>(`/api/generations/${id}`).catch(() => undefined), "the row")).provider_model; // prettier-ignore

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

test("a person mends an answer in a page, and approves of another", async () => {
  const visitor = await browser.newPage();
  await visitor.goto(desk.address);
  await visitor.getByLabel("Suggested answer").fill(wished(0));
  await visitor.evaluate(() => dispatchEvent(new Event("consent")));
  await visitor.getByRole("button", { name: "Send" }).click();
  await visitor.getByText("Sent.").waitFor();
  await visitor.reload();
  await visitor.getByLabel("Suggested answer").fill(wished(1));
  await visitor.getByRole("button", { name: "Send" }).click();
  await visitor.getByRole("button", { name: "Good" }).click();
  await visitor.evaluate(() => globalThis.desk.flush());
  await visitor.close();
  // Others do the same; from where does not matter.
  const events = [];
  for (let i = 2; i < USERS; i++) events.push({ id: newId("evt"), name: "edited", generation: await ask(i), payload: { final: JSON.parse(wished(i)) as object } }); // prettier-ignore
  const { accepted } = await flywheel.api<EventsAnswer>("/events", { events });
  equal(accepted, USERS - 2);
  await eventually(async () => {
    const { data } = await flywheel.api<{ data: unknown[] }>("/api/events?limit=500");
    return data.length >= USERS + 1 || undefined;
  }, "every event");
});

test("what they did becomes a dataset, by keyboard", async () => {
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  complaints = complaintsOf(page, flywheel.origin);
  await page.goto(flywheel.studioUrl);
  await page.getByRole("link", { name: "Datasets" }).click();
  await page.getByRole("heading", { name: "No datasets yet" }).waitFor();
  await accessible();
  await page.keyboard.press("n");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("desk");
  await dialog.getByLabel(/held out/).fill("0.4");
  await accessible();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "desk@1" }).waitFor();
  await page.getByText(/example \d\d/).waitFor();
  await accessible();
});

test("a row leads to the generation it came from and to what its user did, and the palette back", async () => {
  await page.getByRole("button", { name: "Show more" }).click();
  await page.locator(".dataset-rows a").nth(50).click();
  await page.waitForURL(/\/logs\/gen_/);
  const did = page.getByRole("region", { name: "What users did" });
  await did.getByRole("row", { name: /^edited .*queue/ }).waitFor();
  await accessible();
  const list = Promise.withResolvers<void>();
  await page.route(/\/api\/datasets$/, (route) => list.promise.then(() => route.continue()));
  await page.reload();
  await did.waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("desk@");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText("Looking …").waitFor();
  list.resolve();
  await page.getByRole("heading", { name: "desk@1" }).waitFor();
});

test("a model is tuned on it and promoted where it is shown to be better, and one sees why", async () => {
  await page.keyboard.press("t");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/Passes/).fill("10");
  await dialog.getByLabel(/promote it/).selectOption("fast");
  await dialog.getByRole("button", { name: "Tune" }).click();
  await page.getByRole("heading", { name: "local/spark-desk" }).waitFor();
  await page.getByRole("region", { name: "Loss" }).waitFor({ timeout: 240_000 });
  await page.getByRole("link", { name: "The promotion" }).waitFor({ timeout: 240_000 });
  const evidence = page.getByRole("region", { name: "Evidence" });
  match(await evidence.innerText(), /Promoted\.\s+It is better/);
  await accessible();
  await page.getByRole("button", { name: "Table" }).click();
  await page.getByRole("group", { name: "Loss by epoch" }).waitFor();
  await page.getByRole("link", { name: "The promotion" }).click();
  await page.getByRole("heading", { name: "local/spark-desk in front of fast" }).waitFor();
  await page.getByRole("img", { name: /^Difference \+/ }).waitFor();
  await accessible();
  equal(await answeredBy(await ask(USERS)), "spark-desk");
});

test("the promotion stands in the list, and is taken back there", async () => {
  await page.getByRole("link", { name: "Deployments" }).first().click();
  await page.getByRole("row", { name: /fast local\/spark-desk Roll back/ }).waitFor();
  await accessible();
  await page.getByRole("button", { name: "Roll back" }).click();
  const dialog = page.getByRole("dialog", { name: "Roll back fast" });
  await dialog.getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("cell", { name: "rollback", exact: true }).waitFor();
  const { data } = await flywheel.api<PromotionList>("/api/promotions");
  deepEqual(data.map(({ model }) => model), ["local/spark", "local/spark-desk"]); // prettier-ignore
  equal(await eventually(async () => ((await answeredBy(await ask(USERS + 1))) === "spark" ? "spark" : undefined), "the old model"), "spark"); // prettier-ignore
  await page.getByRole("link", { name: "Jobs" }).click();
  await page.getByRole("row", { name: /local\/spark-desk desk@1 promoted/ }).waitFor();
  await accessible();
});

test("a run of an evaluation that misses its gate is told from afar, and each score with its answer", async () => {
  const { code } = await run(["eval", "queues", "--cwd", projectDir, "--data", flywheel.dataDir]);
  equal(code, 4);
  await page.getByRole("link", { name: "Evals" }).click();
  await page.getByRole("row", { name: /^queues local\/spark.* not met/ }).waitFor();
  await accessible();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  const kept = page.getByRole("region", { name: "Run" });
  match(await kept.innerText(), /The gate is not met\./);
  equal(await kept.getByRole("row", { name: /exact/ }).count(), 2);
  await accessible();
  await kept.getByRole("link").first().click();
  await page.getByText("Nobody has said anything about this answer.").waitFor();
  ok(complaints.length === 0, complaints.join("\n"));
});
