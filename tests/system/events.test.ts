import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type CreatedKey, type EventPage, type EventsAnswer, newId, type SentEvent } from "@flywheel/protocol";
import { eventually, type Flywheel, removeFolder, startFlywheel } from "./flywheel.ts";

const PAGE = "https://app.example.com";

describe("POST /events", () => {
  let server: Flywheel;
  let pageKey: string;

  before(async () => {
    server = await startFlywheel();
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
});
