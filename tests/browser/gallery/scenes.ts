import type { Page } from "playwright-core";
import type { Scene } from "./scene.ts";

const pane = (page: Page, number: number) => page.getByRole("region", { name: `Model ${number}` });
const charts = (page: Page) => page.locator(".tile canvas").nth(7).waitFor();

async function palette(page: Page, typed: string): Promise<void> {
  await page.locator("main h1").first().waitFor({ state: "attached" });
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to" }).fill(typed);
}

const help = { name: "help", path: "/logs", act: (page: Page) => pressed(page, "?", "Keyboard") };
async function pressed(page: Page, key: string, dialog: string): Promise<void> {
  await page.locator("main h1").first().waitFor({ state: "attached" });
  await page.keyboard.press(key);
  await page.getByRole("dialog", { name: dialog }).waitFor();
}

/** A server that has just been started. */
export const FRESH: Scene[] = [
  { name: "overview", path: "/overview", act: (page) => page.getByText("No generations yet").waitFor() },
  { name: "logs", path: "/logs", act: (page) => page.getByText("No generations yet").waitFor() },
  { name: "models", path: "/models", act: (page) => page.getByRole("link", { name: "azure" }).waitFor() },
  { name: "playground", path: "/playground", act: (page) => pane(page, 1).waitFor() },
  { name: "keys", path: "/keys", act: (page) => page.getByRole("row", { name: /^dev / }).waitFor() },
  { name: "endpoints", path: "/endpoints", act: (page) => page.getByText("No endpoints yet").waitFor() },
  { name: "datasets", path: "/datasets", act: (page) => page.getByText("No datasets yet").waitFor() },
  { name: "jobs", path: "/jobs", act: (page) => page.getByText("Nothing was tuned yet").waitFor() },
  { name: "evals", path: "/evals", act: (page) => page.getByText("Nothing was evaluated yet").waitFor() },
  { name: "deployments", path: "/deployments", act: (page) => page.getByText("Nothing was promoted yet").waitFor() },
  { name: "palette", path: "/overview", act: (page) => palette(page, "") },
  help,
  { name: "no-such-page", path: "/nowhere", act: (page) => page.getByText("There is no such page").waitFor() },
  {
    name: "no-such-generation",
    path: "/logs/gen_00000000-0000-7000-8000-000000000000",
    act: (page) => page.getByRole("alert").waitFor(),
  },
];

/** A month of sample traffic, and one call of every kind; `ids` are the generations of those by their model. */
export const full = (ids: ReadonlyMap<string, string>): Scene[] => [
  ...overviewScenes,
  ...logsScenes(ids),
  ...generationScenes(ids),
  ...modelScenes,
  ...playgroundScenes(ids),
  ...keyScenes,
  ...endpointScenes,
  { name: "palette", path: "/logs", act: (page) => palette(page, "") },
  { name: "palette-typed", path: "/logs", act: (page) => palette(page, "gpt mini") },
];

const overviewScenes: Scene[] = [
  { name: "overview", path: "/overview?range=30d", act: charts },
  {
    name: "overview-below",
    act: async (page) => {
      await page.getByRole("region", { name: "By model" }).scrollIntoViewIfNeeded();
      await page.locator(".overview-body").evaluate((body) => body.scrollTo(0, body.scrollHeight));
    },
  },
  { name: "overview-day", path: "/overview?range=24h", act: charts },
  {
    name: "overview-tables",
    path: "/overview?range=7d",
    act: async (page) => {
      await charts(page);
      await page.keyboard.press("t");
      await page.locator(".tile table").nth(7).waitFor();
    },
  },
  { name: "overview-split", path: "/overview?range=30d&by=model&split=true", act: charts },
  {
    name: "overview-keys",
    path: "/overview?range=30d&by=key",
    act: async (page) => {
      await charts(page);
      await page.getByRole("region", { name: "By key" }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: "overview-what-if",
    path: "/overview?range=30d",
    act: async (page) => {
      await charts(page);
      await page.keyboard.press("w");
      await page.getByRole("group", { name: "The same traffic on other models" }).locator("tbody tr").first().waitFor();
      await page.keyboard.type("mini");
      await page.getByText("openai/gpt-4o-mini").first().waitFor();
    },
  },
  {
    name: "overview-nothing-then",
    path: "/overview?from=1600000000000&to=1600003600000",
    act: (page) => page.getByText("Nothing in this period").waitFor(),
  },
];

const rows = (page: Page) => page.locator(".log-row").first().waitFor();

const logsScenes = (ids: ReadonlyMap<string, string>): Scene[] => [
  { name: "logs", path: "/logs", act: rows },
  { name: "logs-search", path: "/logs?search=refund&status=ok", act: rows },
  { name: "logs-failed", path: "/logs?status=error", act: rows },
  { name: "logs-nothing", path: "/logs?search=zzzzzzz", act: (page) => page.getByText("Nothing matches").waitFor() },
  {
    name: "logs-save-filter",
    path: "/logs?search=refund",
    act: async (page) => {
      await rows(page);
      await page.keyboard.press("s");
      await page.getByLabel("Name").fill("refunds of this week");
    },
  },
  {
    name: "logs-saved-filter",
    act: async (page) => {
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Forget" }).waitFor();
    },
  },
  {
    name: "logs-marked",
    path: `/logs?marked=${ids.get("scripted/ok")},${ids.get("scripted/500")}`,
    act: async (page) => {
      await rows(page);
      await page.keyboard.press("j");
    },
  },
  {
    name: "logs-peek",
    path: `/logs?peek=${ids.get("local/spark")}`,
    act: (page) => page.getByRole("complementary").getByText("I lost my card").first().waitFor(),
  },
];

const generation = (name: string, id: string | undefined, act?: Scene["act"]): Scene => ({
  name: `generation-${name}`,
  path: `/logs/${id}`,
  act: async (page, flywheel) => {
    await page.getByRole("region", { name: "Columns" }).waitFor();
    await act?.(page, flywheel);
  },
});

const generationScenes = (ids: ReadonlyMap<string, string>): Scene[] => [
  generation("ok", ids.get("local/spark")),
  generation("below", ids.get("local/spark"), (page) =>
    page.getByRole("region", { name: "Raw" }).scrollIntoViewIfNeeded(),
  ),
  generation("tools", ids.get("fixtures/tools")),
  generation("reasoning", ids.get("fixtures/reasoning"), (page) =>
    page.getByText("Reasoning", { exact: true }).click(),
  ),
  generation("error", ids.get("scripted/500")),
  generation("partial", ids.get("scripted/reset")),
  generation("other-scripts", ids.get("scripted/ok")),
  generation("hostile", ids.get("scripted/hostile")),
  generation("raw", ids.get("fixtures/tools"), async (page) => {
    await page.getByText("Request", { exact: false }).last().waitFor();
    await page.locator("details.raw summary").first().click();
    await page.locator("details.raw").first().scrollIntoViewIfNeeded();
  }),
  {
    name: "compare",
    path: `/logs/compare?a=${ids.get("fixtures/length")}&b=${ids.get("scripted/ok")}`,
    act: (page) => page.getByRole("region", { name: "Input" }).waitFor(),
  },
  {
    name: "compare-hostile",
    path: `/logs/compare?a=${ids.get("scripted/hostile")}&b=${ids.get("scripted/reset")}`,
    act: (page) => page.getByRole("region", { name: "Input" }).waitFor(),
  },
];

const modelScenes: Scene[] = [
  { name: "models", path: "/models", act: (page) => page.getByRole("link", { name: "azure" }).waitFor() },
  {
    name: "models-tested",
    path: "/models?provider=fixtures",
    act: async (page) => {
      await page.getByRole("button", { name: "Test fixtures/text" }).click();
      await page.getByText("It answers").waitFor();
      await page.getByRole("button", { name: "Test fixtures/500" }).click();
      await page.locator(".test-failed").waitFor();
    },
  },
  {
    name: "models-local",
    path: "/models?provider=local",
    act: (page) => page.getByText(/M parameters/).waitFor(),
  },
  {
    name: "models-unavailable",
    path: "/models?provider=openai",
    act: (page) => page.getByRole("region", { name: "Provider openai" }).waitFor(),
  },
];

const ask = async (page: Page, text: string): Promise<void> => {
  await page.getByLabel("Message 1", { exact: true }).fill(text);
  await page.keyboard.press("Control+Enter");
};

const playgroundScenes = (ids: ReadonlyMap<string, string>): Scene[] => [
  {
    name: "playground",
    path: "/playground?models=local/spark",
    act: async (page) => {
      await ask(page, "I lost my card in the train, what can I do?");
      await pane(page, 1).getByRole("link", { name: "In the logs" }).waitFor();
    },
  },
  {
    name: "playground-streaming",
    path: "/playground?models=scripted/endless",
    act: async (page) => {
      await ask(page, "Go on.");
      await pane(page, 1).getByText("tok/s").waitFor();
    },
  },
  {
    name: "playground-side-by-side",
    path: "/playground?models=local/spark,fixtures/reasoning,scripted/500,scripted/reset",
    act: async (page) => {
      await ask(page, "Where is my refund?");
      await pane(page, 1).getByRole("link", { name: "In the logs" }).waitFor();
      await pane(page, 3).getByText("it broke").waitFor();
    },
  },
  {
    name: "playground-from-logs",
    path: `/playground?generation=${ids.get("fixtures/tools")}`,
    act: (page) => page.getByText("from gen_").waitFor(),
  },
  {
    name: "playground-save",
    path: "/playground?models=local/spark",
    act: async (page) => {
      await page.getByLabel("Message 1", { exact: true }).fill("Where is my refund?");
      await page.getByRole("button", { name: "Save as …" }).click();
      await page.getByLabel("Name").fill("refund, asked shortly");
    },
  },
  {
    name: "playground-hostile",
    path: "/playground?models=scripted/hostile",
    act: async (page) => {
      await ask(page, "Be evil.");
      await pane(page, 1)
        .getByRole("button", { name: /^Show all/ })
        .waitFor();
    },
  },
];

const row = (page: Page, name: string) => page.getByRole("row", { name: new RegExp(`^${name} `) });

const keyScenes: Scene[] = [
  { name: "keys", path: "/keys", act: (page) => row(page, "backend").waitFor() },
  { name: "keys-all", path: "/keys?all=true", act: (page) => row(page, "old-backend").waitFor() },
  {
    name: "keys-new",
    path: "/keys",
    act: async (page) => {
      await row(page, "backend").waitFor();
      await page.keyboard.press("n");
      await page.getByLabel("Name").fill("mobile app");
      await page.getByLabel("May call").fill("local/*, fast");
    },
  },
  {
    name: "keys-secret",
    act: async (page) => {
      await page.keyboard.press("Enter");
      await page.locator(".secret").waitFor();
    },
  },
  {
    name: "keys-rotate",
    path: "/keys",
    act: async (page) => {
      await row(page, "backend").waitFor();
      await page.keyboard.press("j");
      await page.locator("tr[aria-current]").waitFor();
      await page.keyboard.press("r");
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    name: "keys-revoke",
    path: "/keys",
    act: async (page) => {
      await row(page, "backend").waitFor();
      await page.keyboard.press("j");
      await page.locator("tr[aria-current]").waitFor();
      await page.keyboard.press("x");
      await page.getByText("This cannot be undone").waitFor();
    },
  },
];

const endpointOutput = (page: Page) => page.getByRole("region", { name: "Output" });

const endpointScenes: Scene[] = [
  { name: "endpoints", path: "/endpoints", act: (page) => page.getByRole("link", { name: "triage" }).waitFor() },
  {
    name: "endpoints-try",
    path: "/endpoints?endpoint=triage",
    act: async (page) => {
      await page.getByLabel(/^message/).fill("I lost my card in the train and somebody uses it!");
      await page.keyboard.press("Control+Enter");
      await endpointOutput(page).getByRole("link", { name: "In the logs" }).waitFor();
      await endpointOutput(page).locator("dd").filter({ hasText: "→" }).waitFor();
    },
  },
  {
    name: "endpoints-nested",
    path: "/endpoints?endpoint=support%2Frefund",
    act: async (page) => {
      await page.getByRole("button", { name: "Add address" }).click();
      await page.getByRole("button", { name: "Add to items" }).click();
      await page.getByLabel(/^sku/).fill("TARN-2");
    },
  },
  {
    name: "endpoints-json",
    act: (page) => page.getByRole("button", { name: "JSON", exact: true }).click(),
  },
  {
    name: "endpoints-failed",
    act: async (page) => {
      await page.getByLabel("Input as JSON").fill('{"message": 5}');
      await page.keyboard.press("Control+Enter");
      await endpointOutput(page).getByRole("alert").waitFor();
    },
  },
  {
    name: "endpoints-types",
    path: "/endpoints?endpoint=support%2Frefund&tab=types",
    act: (page) => page.getByRole("region", { name: "Grammar" }).getByRole("row").first().waitFor(),
  },
  {
    name: "endpoints-source",
    path: "/endpoints?endpoint=support%2Frefund&tab=source",
    act: (page) => page.getByText("defineEndpoint<Claim").waitFor(),
  },
  {
    name: "endpoints-calls",
    path: "/endpoints?endpoint=support%2Frefund&tab=calls",
    act: (page) => page.getByRole("region", { name: "Failures by field" }).getByRole("row").first().waitFor(),
  },
  {
    name: "endpoints-no-calls",
    path: "/endpoints?endpoint=poem&tab=calls",
    act: (page) => page.getByText("No calls yet").waitFor(),
  },
];

/** An edit of an endpoint does not hold. */
export const BROKEN_EDIT: Scene[] = [
  {
    name: "source",
    path: "/endpoints?endpoint=triage&tab=source",
    act: (page) => page.locator(".source-problem").first().waitFor(),
  },
  { name: "try", path: "/endpoints?endpoint=triage", act: (page) => page.getByLabel(/^message/).waitFor() },
];

/** The log store does not answer, and the configuration is broken. */
export const WITHOUT_STORE: Scene[] = [
  { name: "overview", path: "/overview", act: (page) => page.getByRole("alert").waitFor() },
  { name: "logs", path: "/logs", act: (page) => page.getByRole("alert").waitFor() },
  {
    name: "generation",
    path: "/logs/gen_00000000-0000-7000-8000-000000000000",
    act: (page) => page.getByRole("alert").waitFor(),
  },
  { name: "keys", path: "/keys", act: (page) => row(page, "dev").waitFor() },
];

/** Nothing answers any more; what was loaded stays. */
export const WITHOUT_SERVER: Scene[] = [
  { name: "logs-open", act: (page) => page.getByText("Trying again").waitFor() },
  {
    name: "keys",
    act: async (page) => {
      await page.getByRole("navigation").getByRole("link", { name: "Keys" }).click();
      await page.getByText("The keys could not be loaded").waitFor();
    },
  },
  {
    name: "playground",
    act: async (page) => {
      await page.getByRole("navigation").getByRole("link", { name: "Playground" }).click();
      await ask(page, "Anyone there?");
      await pane(page, 1).getByText("does not answer").waitFor();
    },
  },
  {
    name: "overview",
    act: async (page) => {
      await page.getByRole("navigation").getByRole("link", { name: "Overview" }).click();
      await page.getByText("could not be loaded").first().waitFor();
    },
  },
];
