import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createProviderSet } from "./provider-set.ts";
import { PROVIDERS } from "./table.ts";

const NOTHING = { providers: {}, local: {} };

describe("the table", () => {
  for (const row of PROVIDERS.filter(({ id }) => id !== "local")) {
    test(`${row.id} has a usable address and an unclaimed id`, () => {
      const base_url = row.base_url.replace(/\{\w+\}/, "x");
      assert.ok(URL.canParse(base_url) && !row.base_url.endsWith("/"));
      assert.equal(new URL(base_url).protocol, row.hosting === "remote" ? "https:" : "http:");
      assert.equal(PROVIDERS.filter(({ id }) => id === row.id).length, 1);
      assert.equal(row.env.length > 0, row.auth !== "none");
    });
  }
});

describe("a provider", () => {
  test("is there when its key is set, and the key goes into its header only", () => {
    const set = createProviderSet(NOTHING, { OPENAI_API_KEY: " sk-1 \n" });
    const openai = set.get("openai")!;
    assert.deepEqual(
      [openai.origin, openai.base_path, openai.headers, openai.unavailable],
      ["https://api.openai.com", "/v1", ["authorization", "Bearer sk-1"], undefined],
    );
    assert.ok(set.list().find(({ id }) => id === "openai")!.available);
    assert.ok(!JSON.stringify(set.list()).includes("sk-1"));
  });

  const AUTH: [id: string, env: Record<string, string>, model: string, header: string, dialect: string][] = [
    ["anthropic", { ANTHROPIC_API_KEY: "k" }, "claude-x", "x-api-key", "anthropic-messages"],
    ["google", { GOOGLE_API_KEY: "k" }, "gemini-x", "x-goog-api-key", "gemini"],
    ["azure", { AZURE_API_KEY: "k", AZURE_RESOURCE_NAME: "mine" }, "", "api-key", "openai-chat"],
  ];
  for (const [id, env, model, header, dialect] of AUTH)
    test(`${id} is shown its key in ${header}, and claims its models`, () => {
      const set = createProviderSet(NOTHING, env);
      const provider = set.get(id)!;
      assert.deepEqual([provider.headers, provider.dialect, provider.unavailable], [[header, "k"], dialect, undefined]);
      if (model !== "") assert.equal(set.claimant(model), provider);
    });

  test("whose address needs a name says which, and takes no other host from it", () => {
    const azure = (AZURE_RESOURCE_NAME?: string) =>
      createProviderSet(NOTHING, { AZURE_API_KEY: "k", AZURE_RESOURCE_NAME }).get("azure")!;
    assert.equal(azure("mine").origin, "https://mine.openai.azure.com");
    for (const name of [undefined, "", "evil.example/#", "a@b"])
      assert.match(azure(name).unavailable!, /set AZURE_RESOURCE_NAME/);
  });

  test("of the project keeps the dialect of the row it replaces, and is shown its key as that dialect's servers are", () => {
    const entry = { base_url: "https://proxy.example", api_key_env: "K", headers: {}, models: [] };
    const mine = { ...entry, dialect: "gemini" as const };
    const set = createProviderSet({ ...NOTHING, providers: { anthropic: entry, openai: entry, mine } }, { K: "k" });
    assert.deepEqual(
      [set.get("anthropic")!.dialect, set.get("anthropic")!.headers],
      ["anthropic-messages", ["x-api-key", "k"]],
    );
    assert.deepEqual([set.get("openai")!.also, set.get("mine")!.headers], [[], ["x-goog-api-key", "k"]]);
  });

  test("says what to set when it is not there", () => {
    for (const env of [{}, { OPENAI_API_KEY: "" }, { OPENAI_API_KEY: "  " }]) {
      const info = createProviderSet(NOTHING, env)
        .list()
        .find(({ id }) => id === "openai")!;
      assert.deepEqual([info.available, info.reason], [false, "set OPENAI_API_KEY"]);
    }
  });

  test("with a key that cannot be sent says so before the first call", () => {
    assert.match(createProviderSet(NOTHING, { OPENAI_API_KEY: "sk\n1" }).get("openai")!.unavailable!, /OPENAI_API_KEY/);
  });

  test("of the project comes beside the table, or replaces a row but keeps its claims", () => {
    const mine = { dialect: "openai-chat" as const, headers: { "x-team": "a" }, models: ["m1"] };
    const set = createProviderSet(
      {
        ...NOTHING,
        providers: {
          mine: { ...mine, base_url: "http://10.0.0.7:8000/v1/", api_key_env: "" },
          openai: { ...mine, base_url: "https://proxy.example", api_key_env: "PROXY_KEY" },
        },
      },
      { PROXY_KEY: "k" },
    );
    assert.deepEqual(
      [set.get("mine")!.base_path, set.get("mine")!.headers, set.get("mine")!.models],
      ["/v1", ["x-team", "a"], ["m1"]],
    );
    assert.deepEqual(
      [set.claimant("gpt-4o")!.origin, set.get("openai")!.headers],
      ["https://proxy.example", ["authorization", "Bearer k", "x-team", "a"]],
    );
  });

  test("with an address that is none is not available", () => {
    for (const base_url of ["", "nonsense", "ftp://x/y"]) {
      const set = createProviderSet(
        {
          ...NOTHING,
          providers: { odd: { base_url, dialect: "openai-chat", api_key_env: "", headers: {}, models: [] } },
        },
        {},
      );
      assert.match(set.get("odd")!.unavailable!, /base_url/);
    }
  });

  test("on this machine can always be called, and is listed once it was found", () => {
    assert.equal(createProviderSet(NOTHING, {}).get("ollama")!.unavailable, undefined);
    const available = (found: string[]) =>
      createProviderSet(NOTHING, {}, new Set(found))
        .list()
        .find(({ id }) => id === "ollama")!.available;
    assert.deepEqual([available([]), available(["ollama"])], [false, true]);
  });

  test("`local` has the bundled model and the project's files", () => {
    const set = createProviderSet({ ...NOTHING, local: { mine: { path: "/m.gguf" } } }, {});
    assert.deepEqual(set.get("local")!.models, ["spark", "mine"]);
  });
});

test("a bare model name finds the provider that claims it", () => {
  const set = createProviderSet(NOTHING, {});
  const names = {
    "gpt-4o": "openai",
    "o3-mini": "openai",
    "mistral-large-latest": "mistral",
    "grok-4": "xai",
    "deepseek-chat": "deepseek",
    "sonar-pro": "perplexity",
  };
  for (const [model, id] of Object.entries(names)) assert.equal(set.claimant(model)?.id, id, model);
  assert.equal(set.claimant("llama"), undefined);
});
