import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { forkLogStore, type ForkedLogStore, temporaryFolder } from "../../test/forked-log-store.ts";

const MB = 1024 * 1024;
/** More than any test would wait for. */
const ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3";

const folder = temporaryFolder();
let front: ForkedLogStore;
let client: ClickHouseClient;

before(async () => {
  front = await forkLogStore(folder.path, { memoryBytes: 600 * MB, maxBodyBytes: 2 * MB, maxWaiting: 2 });
  client = connect(front);
});
after(async () => {
  await client.close();
  await front.stop();
  folder.remove();
});

function connect(
  { url, secret: password }: ForkedLogStore,
  options: Parameters<typeof createClient>[0] = {},
): ClickHouseClient {
  return createClient({ url, password, log: { level: ClickHouseLogLevel.OFF }, max_open_connections: 20, ...options });
}

/** A request without the client, to see what is on the wire. */
function send(search: Record<string, string>, init: RequestInit = {}): Promise<Response> {
  return fetch(`${front.url}/?${new URLSearchParams(search)}`, {
    ...init,
    headers: { "x-clickhouse-key": front.secret, ...init.headers },
  });
}

async function value<T>(query: string, query_params?: Record<string, unknown>): Promise<T> {
  const result = await client.query({ query: `${query} AS value`, query_params, format: "JSONEachRow" });
  return (await result.json<{ value: T }>())[0]!.value;
}

/** Starts a read that would not end by itself. */
function startEndless(): { stop(): void; ended: Promise<unknown> } {
  const gone = new AbortController();
  const ended = client.query({ query: ENDLESS, abort_signal: gone.signal }).catch((error: unknown) => error);
  return { stop: () => gone.abort(), ended };
}

async function running(): Promise<number> {
  return Number(
    await value(
      "SELECT (SELECT count() FROM system.processes WHERE startsWith(query, 'SELECT count() FROM numbers(1000'))",
    ),
  );
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(50);
}

test("nobody gets in without the secret, but anybody may ask whether it lives", async () => {
  assert.equal(await (await fetch(`${front.url}/ping`)).text(), "Ok.\n");
  for (const headers of [
    {},
    { "x-clickhouse-key": "guess" },
    { authorization: `Basic ${btoa("default:guess")}` },
    { authorization: "Basic" },
  ]) {
    const response = await fetch(`${front.url}/?query=SELECT+1`, { headers: headers as Record<string, string> });
    assert.equal(response.status, 401);
    assert.equal(response.headers.get("x-clickhouse-exception-code"), "516");
  }
  const wrong = connect({ ...front, secret: "guess" });
  await assert.rejects(wrong.query({ query: "SELECT 1" }), { code: "516", type: "AUTHENTICATION_FAILED" });
  await wrong.close();
});

test("a path that is none, or no URL, is an error like any other", async () => {
  for (const path of ["/nowhere", "//", "/%", "/?query=%", "/?param_%=1&query=SELECT+1"]) {
    const response = await fetch(`${front.url}${path}`, { headers: { "x-clickhouse-key": front.secret } });
    assert.equal(response.status, 400, path);
  }
});

test("names that do not fit a header do no harm, not even without the secret", async () => {
  for (const search of ["query_id=%0a%00", "default_format=%0a", "query_id=%ff"]) {
    assert.equal((await fetch(`${front.url}/?${search}&query=SELECT+1`)).status, 401);
    assert.equal((await send(Object.fromEntries(new URLSearchParams(`${search}&query=SELECT 1`)))).status, 200, search);
  }
});

test("errors are the client's typed errors", async () => {
  await assert.rejects(client.query({ query: "SELEC 1" }), { code: "62", type: "SYNTAX_ERROR" });
  await assert.rejects(client.query({ query: "SELECT * FROM nowhere" }), { code: "60", type: "UNKNOWN_TABLE" });
  await assert.rejects(client.command({ query: "DROP TABLE nowhere; SELECT 1" }), { code: "62" });
  await assert.rejects(client.query({ query: "SELECT {missing:String}" }), { code: "456" });
  await assert.rejects(client.query({ query: "SELECT 1", clickhouse_settings: { max_threads: "many" as never } }));
  await assert.rejects(client.query({ query: "SELECT 1", session_id: "sticky" }), { code: "48" });
  await assert.rejects(client.query({ query: "SELECT 1", clickhouse_settings: { allow_introspection_functions: 1 } }), {
    code: "164",
  });
  assert.equal(await value("SELECT 1"), 1);
});

test("parameters arrive as they were sent", async () => {
  for (const text of [
    "it's",
    "\\",
    "\\n",
    "a\tb\nc\rd",
    "\\N",
    "\u0000",
    "😀 日本語",
    "'; DROP TABLE t; --",
    "x".repeat(50_000),
    "",
  ])
    assert.equal(await value("SELECT {text:String}", { text }), text);
  assert.equal(await value("SELECT {n:Nullable(Int64)}", { n: null }), null);
  assert.deepEqual(await value("SELECT {list:Array(String)}", { list: ["it's", "a\\b", "\n"] }), [
    "it's",
    "a\\b",
    "\n",
  ]);
  const many = Array.from({ length: 100 }, (_, i) => i);
  assert.deepEqual(await Promise.all(many.slice(0, 3).map((n) => value("SELECT {n:UInt32}", { n }))), [0, 1, 2]);
});

test("a result is sent while it is computed, and its query ends when nobody reads on", async () => {
  const result = await client.query({ query: "SELECT number FROM system.numbers", format: "JSONEachRow" });
  for await (const rows of result.stream<{ number: number }>()) {
    assert.equal(rows[0]!.json().number, 0);
    break;
  }
  await until(
    async () =>
      (await value("SELECT (SELECT count() FROM system.processes WHERE query LIKE '%system.numbers%')")) === 1,
  );
});

test("an error after the first rows is an error, not a short result", async () => {
  const query =
    "SELECT throwIf(number = 90000), number FROM numbers(100000) SETTINGS max_threads = 1, max_block_size = 1000";
  const result = await client.query({ query, format: "JSONEachRow" });
  await assert.rejects(result.json(), { code: "395" });
});

test("a whole-document format is one document, however large", async () => {
  const result = await client.query({ query: "SELECT number FROM numbers(200000)", format: "JSON" });
  assert.equal((await result.json()).data.length, 200_000);
});

test("bodies and results may be compressed", async () => {
  const squeezed = connect(front, { compression: { request: true, response: true } });
  await squeezed.command({ query: "CREATE TABLE squeezed (s String) ENGINE = MergeTree ORDER BY s" });
  await squeezed.insert({ table: "squeezed", values: [{ s: "it's" }, { s: "🙂\n" }], format: "JSONEachRow" });
  const rows = await (await squeezed.query({ query: "SELECT s FROM squeezed", format: "JSONEachRow" })).json();
  assert.deepEqual(rows, [{ s: "it's" }, { s: "🙂\n" }]);
  await assert.rejects(squeezed.query({ query: "SELEC 1" }), { code: "62" });
  await squeezed.close();
});

test("binary formats go in and come out unchanged", async () => {
  await client.command({ query: "CREATE TABLE binary (n UInt32, s String) ENGINE = MergeTree ORDER BY n" });
  const body = Uint8Array.from([1, 0, 0, 0, 3, 0xff, 0x00, 0x0a, 2, 0, 0, 0, 0]);
  const insert = await send({ query: "INSERT INTO binary FORMAT RowBinary" }, { method: "POST", body });
  assert.equal(insert.status, 200);
  assert.deepEqual(JSON.parse(insert.headers.get("x-clickhouse-summary")!), { read_rows: "2", written_rows: "2" });
  const out = await send({ query: "SELECT * FROM binary ORDER BY n FORMAT RowBinary" });
  assert.deepEqual(new Uint8Array(await out.arrayBuffer()), body);
});

test("a GET changes nothing", async () => {
  const response = await send({ query: "CREATE TABLE got (n UInt8) ENGINE = Memory" });
  assert.equal(response.headers.get("x-clickhouse-exception-code"), "164");
});

test("a body over the limit is refused, also where it is small until unpacked", async () => {
  await client.command({ query: "CREATE TABLE big (s String) ENGINE = MergeTree ORDER BY s" });
  const query = "INSERT INTO big FORMAT TSV";
  const plain = Buffer.alloc(3 * MB, "x");
  for (const [body, headers] of [
    [plain, {}],
    [gzipSync(plain), { "content-encoding": "gzip" }],
  ] as const) {
    const response = await send({ query }, { method: "POST", body, headers });
    assert.equal(response.status, 413);
    assert.match(await response.text(), /^Code: 307\. DB::Exception: .+\(TOO_MANY_BYTES\)\n$/);
  }
  const values = Array.from({ length: 64 }, () => ({ s: "x".repeat(MB) }));
  await assert.rejects(client.insert({ table: "big", values, format: "JSONEachRow" }), { code: "307" });
  assert.equal((await send({}, { method: "POST", body: `SELECT 1 -- ${"x".repeat(2 * MB)}` })).status, 413);
  assert.equal(
    (await send({ query }, { method: "POST", body: "no gzip", headers: { "content-encoding": "gzip" } })).status,
    500,
  );
  assert.equal(await value("SELECT (SELECT count() FROM big)"), 0);
});

test("slow reads hold up neither inserts nor the front, and too many are refused", { timeout: 30_000 }, async () => {
  await client.command({ query: "CREATE TABLE lanes (n UInt32) ENGINE = MergeTree ORDER BY n" });
  const slow = Array.from({ length: 6 }, startEndless);
  // Three run and two wait.
  assert.equal(((await Promise.race(slow.map(({ ended }) => ended))) as { code: string }).code, "202");
  await client.insert({ table: "lanes", values: [{ n: 1 }], format: "JSONEachRow" });
  slow.forEach(({ stop }) => stop());
  await Promise.all(slow.map(({ ended }) => ended));
  await until(async () => (await send({ query: "SELECT 1" })).status === 200);
  await until(async () => (await running()) === 0);
  assert.equal(await value("SELECT (SELECT count() FROM lanes)"), 1);
});

test("a slow subquery does not hold up the front", { timeout: 30_000 }, async () => {
  const gone = new AbortController();
  const slow = client
    .query({ query: `SELECT (${ENDLESS})`, format: "JSONEachRow", abort_signal: gone.signal })
    .catch(() => {});
  const began = Date.now();
  for (let i = 0; i < 5; i++) assert.equal(await value("SELECT 1"), 1);
  assert.ok(Date.now() - began < 10_000);
  gone.abort();
  await slow;
});

test("a query that wants too much memory fails alone", async () => {
  await assert.rejects(client.query({ query: "SELECT length(groupArray(number)) FROM numbers(200000000)" }), {
    code: "241",
  });
  assert.equal(await value("SELECT 1"), 1);
});
