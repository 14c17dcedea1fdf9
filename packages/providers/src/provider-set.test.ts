import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createProviderSet } from "./provider-set.ts";
import { PROVIDERS } from "./table.ts";

const NOTHING = { providers: {}, local: {} };

describe("the table", () => {
  for (const row of PROVIDERS.filter(({ id }) => id !== "local")) {
    test(`${row.id} has a usable address and an unclaimed id`, () => {
      assert.ok(URL.canParse(row.base_url) && !row.base_url.endsWith("/"));
      assert.equal(new URL(row.base_url).protocol, row.hosting === "remote" ? "https:" : "http:");
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
