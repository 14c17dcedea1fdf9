import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  type CreatedKey,
  type Dataset,
  type DatasetRow,
  type EventPage,
  type EventsAnswer,
  newId,
  type SentEvent,
} from "@flywheel/protocol";
import { flywheel as run } from "./command.ts";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "./flywheel.ts";

const EVENTS = `
import { defineEvents } from "flywheel";
export default defineEvents({
  thumbs: { payload: { value: ["up", "down"] }, reward: { value: { up: 1, down: -1 } } },
  edited: { payload: { final: "json" }, demonstration: "final" },
  chosen: { payload: { over: "generation" }, preference: "over" },
  moved: { payload: { queue: ["billing", "cards"], stars: "number?" }, label: "queue", reward: "stars" },
  seen: {},
});`;
const PAGE = "https://app.example.com";

describe("POST /events", () => {
  let server: Flywheel;
  let pageKey: string;

  before(async () => {
    const projectDir = temporaryFolder("project");
    writeFileSync(join(projectDir, "events.ts"), EVENTS);
    server = await startFlywheel({ projectDir });
    const body = { name: "page", scopes: ["events"], origins: [PAGE] };
    pageKey = (await post<CreatedKey>("/api/keys", body)).body.secret;
  });
  after(async () => {
    await server.stop();
    removeFolder(server.dataDir);
  });

  async function post<T>(path: string, body: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(server.origin + path, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${server.key}`, ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as T };
  }

  async function generation(): Promise<{ id: string; token: string }> {
    const { headers } = await post("/v1/chat/completions", {
      model: "local/spark",
      max_tokens: 4,
      messages: [{ role: "user", content: "Where is my parcel?" }],
    });
    return { id: headers.get("flywheel-generation-id")!, token: headers.get("flywheel-generation-token")! };
  }

  const event = (generation: string, changes: Partial<SentEvent> = {}): SentEvent => ({
    id: newId("evt"),
    name: "thumbs",
    generation,
    payload: { value: "up" },
    ...changes,
  });

  const fromPage = (events: SentEvent[], key = pageKey) =>
    post<EventsAnswer & { error: { code: string } }>(
      "/events",
      { key, events },
      { authorization: "", origin: PAGE, "content-type": "text/plain" },
    );

  const rows = (filter: string, count: number) =>
    eventually(async () => {
      const { data } = await server.api<EventPage>(`/api/events?${filter}`);
      return data.length >= count ? data : undefined;
    }, `${count} events of ${filter}`);

  test("what a user did with an answer becomes a row with its meaning", async () => {
    const { id, token } = await generation();
    ok(token.startsWith(`${id}.`));
    const sent = [event(token), event(token, { name: "edited", payload: { final: "It is on its way." }, user: "ann" })];
    const { status, headers, body } = await fromPage(sent);
    equal(status, 200, JSON.stringify(body));
    equal(headers.get("access-control-allow-origin"), PAGE);
    match(headers.get("access-control-expose-headers")!, /flywheel-generation-id, flywheel-generation-token/);
    deepEqual(body, { accepted: 2, refused: [] });
    const data = await rows(`generation=${id}`, 2);
    deepEqual(
      data
        .map(({ id, name, user_id, signals }) => ({ id, name, user_id, signals }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      [
        {
          id: sent[1]!.id,
          name: "edited",
          user_id: "ann",
          signals: [{ type: "demonstration", text: "It is on its way." }],
        },
        { id: sent[0]!.id, name: "thumbs", user_id: "", signals: [{ type: "reward", value: 1 }] },
      ],
    );
  });

  test("an event that is sent again and again is one row", async () => {
    const { id, token } = await generation();
    const one = event(token);
    await fromPage([one, one]);
    await rows(`generation=${id}`, 1);
    await fromPage([one]);
    const later = event(token, { payload: { value: "down" } });
    await fromPage([one, later]);
    await eventually(
      async () => (await rows(`generation=${id}`, 1)).some((row) => row.id === later.id) || undefined,
      "the later event",
    );
    const data = await rows(`generation=${id}`, 2);
    deepEqual(new Set(data.map((row) => row.id)), new Set([one.id, later.id]));
    equal(data.length, 2);
  });

  test("an event means what the project's events.ts says, and one that it does not know is kept", async () => {
    const { id, token } = await generation();
    const moved = event(token, { name: "moved", payload: { queue: "cards", stars: 0.5 } });
    await fromPage([
      moved,
      event(token, { name: "seen", payload: {} }),
      event(token, { name: "shared", payload: { to: 3 } }),
    ]);
    const signals = new Map((await rows(`generation=${id}`, 3)).map((row) => [row.name, row.signals]));
    deepEqual(signals.get("moved"), [
      { type: "reward", value: 0.5 },
      { type: "label", labels: { queue: "cards" } },
    ]);
    deepEqual([signals.get("seen"), signals.get("shared")], [[], []]);
  });

  test("an event may come before its generation is a row, and with the wrong clock", async () => {
    const { id, token } = await generation();
    const sent = event(token, { time: Date.now() + 86_400_000 });
    await fromPage([sent]);
    const [row] = await rows(`generation=${id}`, 1);
    ok(Math.abs(row!.time - row!.received) < 1, "nothing happens later than it is told");
    ok((await server.generation(id)) !== undefined);
  });

  test("a page can neither vote on somebody else's generation nor read or call anything", async () => {
    const [mine, theirs] = [await generation(), await generation()];
    const [id, time, mac] = mine.token.split(".") as [string, string, string];
    for (const forged of [
      theirs.id,
      `${theirs.id}.${time}.${mac}`,
      `${id}.${time}.${mac.slice(0, -1)}`,
      `${id}.zz.${mac}`,
      "x.y.z",
    ]) {
      const { status, body } = await fromPage([event(forged)]);
      deepEqual([status, body.error.code], [403, "generation_token_invalid"], forged);
    }
    const over = event(mine.token, { name: "chosen", payload: { over: theirs.id } });
    equal((await fromPage([over])).status, 403);
    const stolen = { authorization: `Bearer ${pageKey}`, origin: "https://evil.example.com" };
    equal((await post("/events", { events: [event(mine.token)] }, stolen)).status, 403);
    const headers = { authorization: `Bearer ${pageKey}` };
    equal((await post("/v1/chat/completions", { model: "fast", messages: [] }, headers)).status, 403);
    equal((await fetch(`${server.origin}/api/events`, { headers })).status, 403);
    deepEqual((await server.api<EventPage>(`/api/events?generation=${theirs.id}`)).data, []);
  });

  test("good events of a list are kept though others of it are refused", async () => {
    const { id, token } = await generation();
    const bad = [event(token, { payload: { value: "sideways" } }), event(token, { id: "1" }), event(`${id}.a.b`)];
    const { status, body } = await fromPage([...bad, event(token)]);
    deepEqual([status, body.accepted], [200, 1]);
    deepEqual(
      body.refused.map(({ code }) => code),
      ["invalid_request", "invalid_request", "generation_token_invalid"],
    );
    match(body.refused[0]!.message, /`payload.value` must be one of up, down/);
    equal((await rows(`generation=${id}`, 1)).length, 1);
  });

  test("an enormous event is refused, and a flood of one page's as well", async () => {
    const { token } = await generation();
    const enormous = event(token, { name: "edited", payload: { final: "x".repeat(40_000) } });
    equal((await fromPage([enormous])).status, 413);
    equal((await fromPage([{ ...enormous, payload: { final: "x".repeat(100_000) } }])).status, 413);
    const statuses = new Set<number>();
    for (let n = 0; n < 8; n++) {
      const answer = await fromPage(Array.from({ length: 50 }, () => event(token, { payload: { value: "sideways" } })));
      statuses.add(answer.status);
      if (answer.status === 429) ok(Number(answer.headers.get("retry-after")) > 0);
    }
    deepEqual([...statuses], [400, 429]);
  });

  test("killing the gateway, the server and the log store neither loses nor doubles an accepted event", async () => {
    const { id } = await generation();
    const accepted = new Set<string>();
    const send = async (batch: SentEvent[]): Promise<void> => {
      // As the client does: again with the same ids until there is an answer.
      await eventually(async () => (await post<EventsAnswer>("/events", { events: batch })).status === 200 || undefined, "an answer"); // prettier-ignore
      for (const one of batch) accepted.add(one.id);
    };
    const { processes } = await server.status();
    const victims = processes.filter(({ name }) => /^(?:gateway1|server|logstore)$/.test(name));
    equal(victims.length, 3);
    for (const { pid } of victims) {
      const sending = Array.from({ length: 6 }, () => send(Array.from({ length: 20 }, () => event(id))));
      process.kill(pid, "SIGKILL");
      await Promise.all(sending);
    }
    const found = await eventually(async () => {
      const { data } = await server.api<EventPage>(`/api/events?generation=${id}&limit=500`);
      return data.length >= accepted.size ? data : undefined;
    }, "all events");
    equal(accepted.size, 360);
    equal(found.length, 360);
    deepEqual(new Set(found.map((row) => row.id)), accepted);
  });

  test("what users corrected becomes a dataset, once, and a file that a trainer takes", async () => {
    const here = (args: string[]) => run([...args, "--data", server.dataDir, "--cwd", server.dataDir]);
    const { id } = await generation();
    const { body } = await post<EventsAnswer>("/events", {
      events: [event(id, { name: "edited", payload: { final: "It comes today." }, user: "bob", consent: "granted" })],
    });
    equal(body.accepted, 1, "a secret key needs no token");
    await rows(`generation=${id}&signal=demonstration`, 1);
    const built = await here(["dataset", "build", "--name", "edits", "--consent", "granted", "--json"]);
    equal(built.code, 0, built.stderr);
    const dataset = JSON.parse(built.stdout) as Dataset & { fresh: boolean };
    deepEqual([dataset.version, dataset.fresh, dataset.counts.rows.example], [1, true, 1]);
    const again = JSON.parse(
      (await here(["dataset", "build", "--name", "edits", "--consent", "granted", "--json"])).stdout,
    ) as Dataset;
    deepEqual([again.id, again.version], [dataset.id, 1]);
    const exported = await here(["dataset", "export", "edits", "--format", "jsonl"]);
    const row = exported.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as DatasetRow)
      .find(({ kind }) => kind === "example")!;
    deepEqual([row.lineage.generation_ids, row.lineage.user_id], [[id], "bob"]);
    const file = join(server.dataDir, "edits.parquet");
    equal((await here(["dataset", "export", "edits", "--format", "parquet", "-o", file])).code, 0);
    ok(readFileSync(file).subarray(0, 4).equals(Buffer.from("PAR1")));
    const imported = await here(["dataset", "import", file, "--format", "parquet", "--name", "copy", "--json"]);
    equal((JSON.parse(imported.stdout) as Dataset).id, dataset.id, "the same rows are the same dataset");
    const listed = await here(["dataset", "list"]);
    match(listed.stdout, /^copy@1 .*\nedits@1 /);
    equal((await here(["dataset", "show", "nothing"])).code, 1);
    match((await here(["events", "--generation", id])).stdout, /edited +demonstration +gen_\S+ +bob/);
  });
});
