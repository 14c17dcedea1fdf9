import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { Generation, GenerationQuery } from "@flywheel/protocol";
import { sampleGeneration, sampleGenerations } from "../../test/sample-generation.ts";
import { eventConformance } from "./event-conformance.ts";
import { createLogStore, isRowsRejected, type LogStore, type LogStoreConnection } from "./index.ts";
import { trialConformance } from "./trial-conformance.ts";
import { usageConformance } from "./usage-conformance.ts";

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 10, 20, 12);

/** What every log store must do. `connect` says where it is; each test has a database of its own there. */
export function logStoreConformance(name: string, connect: () => Promise<LogStoreConnection>): void {
  describe(name, () => {
    let connection: LogStoreConnection;
    let raw: ClickHouseClient;
    before(async () => {
      connection = await connect();
      const { url, username = "default", password = "" } = connection;
      raw = createClient({ url, username, password, log: { level: ClickHouseLogLevel.OFF } });
    });
    after(() => raw.close());

    /** Runs `body` with an empty store. */
    function store(title: string, body: (logs: LogStore, database: string) => Promise<void>): void {
      test(title, { timeout: 30_000 }, async () => {
        const database = `test_${randomUUID().replaceAll("-", "")}`;
        const logs = createLogStore({ ...connection, database });
        try {
          await body(logs, database);
        } finally {
          await logs.close();
          await raw.command({ query: `DROP DATABASE IF EXISTS ${database}` });
        }
      });
    }
    const rowsOf = async <T>(query: string, settings: Record<string, string | number> = {}): Promise<T[]> =>
      (await raw.query({ query, format: "JSONEachRow", clickhouse_settings: settings })).json<T>();

    store("keeps every field of a generation exactly", async (logs, database) => {
      const hard = hardGeneration();
      const plain = sampleGeneration({ time: NOON });
      await logs.insert([hard, plain], "a");
      assert.deepEqual(await logs.get(hard.id), hard);
      assert.deepEqual(await logs.get(plain.id), plain);
      const columns = await rowsOf<{ name: string }>(
        `SELECT name FROM system.columns WHERE database = '${database}' AND table = 'generations'`,
      );
      assert.deepEqual(columns.map((column) => column.name).toSorted(), Object.keys(hard).toSorted());
    });

    eventConformance(store);
    trialConformance(store);

    store("stores half a surrogate pair as a replacement character", async (logs) => {
      const cut = sampleGeneration({ input_preview: "😀".slice(0, 1) });
      await logs.insert([cut], "a");
      assert.equal((await logs.get(cut.id))?.input_preview, "\ufffd");
    });

    store("finds a generation whose id says another time, or none", async (logs) => {
      const imported = sampleGeneration({ time: NOON - 300 * DAY_MS });
      const foreign = sampleGeneration({ id: "trace-77", time: NOON });
      await logs.insert([{ ...imported, id: sampleGeneration().id.replace(/.{12}$/, "0123456789ab") }, foreign], "a");
      assert.equal((await logs.get("trace-77"))?.time, NOON);
      assert.equal((await logs.list({ after: "trace-77" })).data.length, 0);
      assert.equal((await logs.list({ before: "trace-77" })).data[0]?.time, imported.time);
      assert.equal(await logs.get("gen_nobody"), undefined);
      assert.equal(await logs.get(sampleGeneration().id), undefined);
    });

    store("drops a repeated token, and takes the same rows with another", async (logs) => {
      const rows = sampleGenerations(3, NOON);
      await logs.insert(rows, "same");
      await logs.insert(rows, "same");
      assert.equal((await logs.totals({})).generations, 3);
      await logs.insert(rows, "other");
      assert.equal((await logs.totals({})).generations, 6);
    });

    store("inserts a batch over three days once, also when it is replayed after a newer one", async (logs) => {
      const rows = sampleGenerations(30, NOON, (i) => ({ time: NOON + (i % 3) * DAY_MS }));
      await logs.insert(rows, "days");
      await logs.insert(sampleGenerations(5, NOON), "newer");
      await logs.insert(rows, "days");
      assert.equal((await logs.totals({})).generations, 35);
      assert.equal((await logs.totals({ from: NOON + DAY_MS - 1, to: NOON + DAY_MS + 1 })).generations, 10);
    });

    store("keeps no setting from one request for the next", async (logs, database) => {
      await logs.migrate();
      await raw.command({
        query: `CREATE TABLE ${database}.t (n UInt8) ENGINE = ${connection.engine ?? "MergeTree"} ORDER BY n SETTINGS non_replicated_deduplication_window = 100`,
      });
      const put = (n: number, token?: string) =>
        raw.insert({
          table: `${database}.t`,
          values: [{ n }],
          format: "JSONEachRow",
          clickhouse_settings: token ? { insert_deduplication_token: token } : {},
        });
      await put(1, "token");
      await put(2);
      await put(3, "token");
      assert.deepEqual(
        (await rowsOf<{ n: number }>(`SELECT n FROM ${database}.t ORDER BY n`)).map(({ n }) => n),
        [1, 2],
      );
      const threads = () => rowsOf<{ v: string }>("SELECT toString(getSetting('max_block_size')) AS v");
      const usual = await threads();
      assert.deepEqual(await rowsOf("SELECT toString(getSetting('max_block_size')) AS v", { max_block_size: 77 }), [
        { v: "77" },
      ]);
      assert.deepEqual(await threads(), usual);
    });

    store("pages through equal times without a gap or a repeat, in both directions", async (logs) => {
      const rows = sampleGenerations(53, NOON, (i) => ({ time: NOON + Math.floor(i / 7) }));
      await logs.insert(rows, "a");
      const ids = rows.map(({ id }) => id);
      assert.deepEqual(await pages(logs, "before", { limit: 10 }), ids.toReversed());
      assert.deepEqual(await pages(logs, "after", { limit: 10, after: "gen_0" }), ids);
      assert.deepEqual(
        (await logs.list({ limit: 100, after: ids[50]! })).data.map(({ id }) => id),
        ids.slice(51),
      );
      assert.equal((await logs.list({ limit: 53 })).next, undefined);
    });

    store("lists summaries without texts", async (logs) => {
      const row = sampleGeneration();
      await logs.insert([row], "a");
      const {
        input_text: _,
        output_text: __,
        request_body: ___,
        response_body: ____,
        usage_raw: _____,
        attempt_list: ______,
        redactions: _______,
        ...summary
      } = row;
      assert.deepEqual((await logs.list({})).data, [summary]);
    });

    store("filters by each field, and by all together", async (logs) => {
      const wanted = {
        project: "shop",
        status: "error",
        provider_name: "openai",
        request_model: "asked",
        provider_model: "sent",
        response_model: "answered",
        key_id: "key_2",
      } as const;
      await logs.insert([...sampleGenerations(4, NOON), sampleGeneration({ ...wanted, time: NOON + 10_000 })], "a");
      const all: GenerationQuery = {
        project: "shop",
        status: "error",
        provider: "openai",
        key_id: "key_2",
        from: NOON + 10_000,
        to: NOON + 10_001,
        model: "asked",
      };
      for (const [name, value] of Object.entries({ ...all, to: NOON + 20_000 }))
        assert.equal((await logs.list({ [name]: value })).data.length, name === "to" ? 5 : 1, `${name} = ${value}`);
      for (const model of ["asked", "sent", "answered"])
        assert.equal((await logs.list({ ...all, model })).data.length, 1);
      assert.equal((await logs.list({ ...all, project: "default" })).data.length, 0);
      assert.equal((await logs.list({ from: NOON, to: NOON })).data.length, 0);
    });

    store("adds up generations, errors, tokens and money", async (logs) => {
      assert.deepEqual(await logs.totals({}), {
        generations: 0,
        errors: 0,
        input_tokens: 0,
        output_tokens: 0,
        cost_nano: 0,
      });
      const unknown = {
        status: "interrupted",
        usage_input_tokens: null,
        usage_output_tokens: null,
        cost_nano: null,
      } as const;
      await logs.insert(
        [...sampleGenerations(2, NOON, () => ({ cost_nano: 4_000_000_000_000 })), sampleGeneration(unknown)],
        "a",
      );
      assert.deepEqual(await logs.totals({}), {
        generations: 3,
        errors: 1,
        input_tokens: 76,
        output_tokens: 104,
        cost_nano: 8_000_000_000_000,
      });
    });

    usageConformance(store);

    store("finds all words in the request or the answer, in any case and any script", async (logs) => {
      const row = sampleGeneration({
        input_text: "Where is my REFUND for Straße ÜBER-42?",
        output_text: "It's on its way, naïve 日本語 user",
      });
      await logs.insert([row, ...sampleGenerations(5, NOON)], "a");
      const found = async (search: string) => (await logs.list({ search })).data.map(({ id }) => id);
      for (const search of [
        "refund",
        "rEFund WAY",
        "über",
        "straße über",
        "über-42",
        "日本語",
        "IT'S",
        "naïve  user ...",
        "refund refund",
      ])
        assert.deepEqual(await found(search), [row.id], search);
      for (const search of [
        "refund missing",
        "refun",
        "",
        "...",
        "%",
        "x') OR 1=1 --",
        "\\",
        "{word0:String}",
        "\u0000",
      ])
        assert.deepEqual(await found(search), [], search);
      assert.equal((await found("hello")).length, 5);
    });

    store("takes text that looks like SQL as text", async (logs) => {
      const hostile = "' OR 1=1; DROP TABLE generations; -- \\' \t\n";
      await logs.insert([sampleGeneration({ project: hostile, provider_model: hostile })], hostile);
      for (const query of [{ project: hostile }, { model: hostile }])
        assert.equal((await logs.list(query)).data.length, 1);
      for (const query of [{ key_id: hostile }, { before: hostile, limit: 3 }]) await logs.list(query);
      assert.equal((await logs.totals({})).generations, 1);
    });

    store("drops whole days that have ended, and nothing younger", async (logs) => {
      const rows = sampleGenerations(5, NOON, (i) => ({ time: NOON - i * DAY_MS }));
      await logs.insert(rows, "a");
      assert.equal(await logs.dropBefore(new Date(NOON - 2 * DAY_MS)), 2);
      assert.deepEqual(
        (await logs.list({})).data.map(({ id }) => id),
        rows.slice(0, 3).map(({ id }) => id),
      );
      assert.equal(await logs.get(rows[4]!.id), undefined);
      assert.equal(await logs.dropBefore(new Date(NOON - 2 * DAY_MS)), 0);
    });

    store("deletes a project whole, and finds everything else as before", async (logs) => {
      const rows = sampleGenerations(6, NOON, (i) => ({
        project: i % 2 === 0 ? "sample" : "default",
        time: NOON - i * DAY_MS,
        input_text: `tent number ${i}`,
      }));
      await logs.insert(rows, "a");
      assert.equal(await logs.deleteProject("sample"), 3);
      assert.equal(await logs.deleteProject("sample"), 0);
      assert.equal((await logs.totals({})).generations, 3);
      assert.equal((await logs.list({ search: "tent" })).data.length, 3);
      assert.equal(await logs.get(rows[0]!.id), undefined);
      assert.equal((await logs.get(rows[1]!.id))?.input_text, "tent number 1");
    });

    store("refuses a batch with a bad row for good, and puts none of it in", async (logs) => {
      const good = sampleGeneration();
      const bad = [
        { http_status: -1 },
        { time: Number.NaN },
        { cost_nano: 0.5 },
        { stream: "perhaps" },
        { project: null },
        { shoe_size: 43 },
      ] as unknown as Partial<Generation>[];
      for (const [i, changes] of bad.entries())
        await assert.rejects(
          logs.insert([good, { ...good, ...changes }, good], `bad${i}`),
          (error) => isRowsRejected(error) || assert.fail(`${JSON.stringify(changes)}: ${String(error)}`),
        );
      assert.equal((await logs.totals({})).generations, 0);
    });

    store("upgrades from many processes at once", async (logs, database) => {
      const others = Array.from({ length: 4 }, () => createLogStore({ ...connection, database }));
      await Promise.all([logs, ...others].map((each) => each.migrate()));
      await Promise.all(others.map((each) => each.close()));
      await raw.insert({
        table: `${database}.migrations`,
        values: [{ version: 9999, name: "from-the-future" }],
        format: "JSONEachRow",
      });
      await assert.rejects(createLogStore({ ...connection, database }).migrate(), /newer Flywheel/);
    });

    test(
      "answers a small query while a slow one runs, and cancels the slow one when its client goes",
      { timeout: 30_000 },
      async () => {
        const client = new AbortController();
        const marker = randomUUID();
        const slow = raw.query({
          query: `SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3 AND '${marker}' != ''`,
          abort_signal: client.signal,
          clickhouse_settings: { cancel_http_readonly_queries_on_client_close: 1, max_threads: 1 },
        });
        const gone = assert.rejects(slow);
        const running = async () =>
          (
            await rowsOf(
              `SELECT 1 FROM system.processes WHERE position(query, '${marker}') > 0 AND position(query, 'system.processes') = 0`,
            )
          ).length;
        await until(async () => (await running()) === 1);
        client.abort();
        await gone;
        await until(async () => (await running()) === 0);
      },
    );
  });
}

async function pages(logs: LogStore, direction: "before" | "after", query: GenerationQuery): Promise<string[]> {
  const ids: string[] = [];
  for (let next: GenerationQuery | undefined = query; next;) {
    const page = await logs.list(next);
    ids.push(...page.data.map(({ id }) => id));
    next = page.next === undefined ? undefined : { ...query, [direction]: page.next };
  }
  return ids;
}

/** Every value as awkward as its type allows. */
function hardGeneration(): Generation {
  const text = `it's "quoted" \\ back\\nslash \t tab\r\n line \u0000 nul \u2028 😀👩‍👩‍👧 𝄞 日本語 \\N NULL {a:String} <b>`;
  const texts = ["project", "environment", "key_id", "request_model", "route", "provider_name", "provider_model", "response_model", "response_id", "error_code", "error_message", "finish_reason",
    "price_version", "cache_status", "trace_id", "conversation_id", "user_id", "user_agent", "input_preview", "output_preview", "input_text", "output_text", "request_body", "response_body", "usage_raw"] as const; // prettier-ignore
  return sampleGeneration({
    ...Object.fromEntries(texts.map((name, i) => [name, `${text}${i}`])),
    time: NOON + 123,
    stream: true,
    status: "partial",
    http_status: 599,
    usage_input_tokens: Number.MAX_SAFE_INTEGER,
    usage_output_tokens: 0,
    usage_cache_read_input_tokens: 1,
    usage_cache_creation_input_tokens: null,
    usage_reasoning_output_tokens: 2 ** 40,
    usage_estimated: true,
    cost_nano: Number.MAX_SAFE_INTEGER,
    cost_source: "provider",
    duration: 1e-9 + 0.1,
    time_to_first_chunk: null,
    attempts: 3,
    attempt_list: [
      {
        provider: text,
        model: text,
        started_ms: 0,
        ended_ms: 1.5,
        status: 529,
        error: "upstream_error",
        message: text,
      },
    ],
    redactions: 4_000_000_000,
  });
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}
