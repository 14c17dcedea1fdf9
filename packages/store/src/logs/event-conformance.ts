import assert from "node:assert/strict";
import { type EventRow, newId, type Signal } from "@flywheel/protocol";
import { sampleGeneration } from "../../test/sample-generation.ts";
import type { LogStore } from "./index.ts";

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 10, 20, 12);
const SIGNALS: Signal[] = [{ type: "reward", value: -0.5 }, { type: "label", labels: { queue: "it's \\ \n" } }]; // prettier-ignore

function event(changes: Partial<EventRow> = {}): EventRow {
  return { id: newId("evt"), received: NOON, time: NOON - 5, project: "p", environment: "e", key_id: "k", name: "thumbs", generation_id: newId("gen"), user_id: "ann", consent: "granted", origin: "https://a.example", payload: "{}", signals: [], ...changes }; // prettier-ignore
}

/** What every log store must do with events. @param store runs a test with an empty one */
export function eventConformance(store: (title: string, body: (logs: LogStore) => Promise<void>) => void): void {
  store("keeps every field of an event exactly, and each id of a project once", async (logs) => {
    const hard = event({
      payload: '{"final":"😀 \\\\ \\n 🎉"}',
      signals: SIGNALS,
      user_id: "it's\u0000\n",
      time: NOON - 40 * DAY_MS,
    });
    const same = event({ id: hard.id, received: NOON + 9, payload: '{"other":1}' });
    const theirs = event({ id: hard.id, project: "q", received: NOON + 10 });
    await logs.insertEvents([hard, same], "a");
    await logs.insertEvents([same, theirs], "b");
    await logs.insertEvents([theirs], "b");
    assert.deepEqual((await logs.listEvents({ project: "p" })).data, [hard]);
    assert.deepEqual((await logs.listEvents({})).data, [theirs, hard]);
  });

  store("pages through events in the order in which they were received, both ways", async (logs) => {
    const all = Array.from({ length: 250 }, (_, n) =>
      event({ received: NOON + Math.floor(n / 3), signals: n % 2 ? SIGNALS : [] }),
    );
    await logs.insertEvents(all, "a");
    const expected = all.toSorted((a, b) => a.received - b.received || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
    const forward: string[] = [];
    for (let after: string | undefined, more = true; more; more = after !== undefined) {
      const page = await logs.listEvents({ oldestFirst: true, after, limit: 40 });
      forward.push(...page.data.map(({ id }) => id));
      after = page.next;
    }
    assert.deepEqual(forward, expected);
    const { data, next } = await logs.listEvents({ limit: 100 });
    const rest = await logs.listEvents({ limit: 500, before: next });
    assert.deepEqual([...data, ...rest.data].map(({ id }) => id), expected.toReversed()); // prettier-ignore
    assert.equal((await logs.listEvents({ meaningful: true, limit: 500 })).data.length, 125);
    assert.equal((await logs.listEvents({ signal: "label", limit: 500 })).data.length, 125);
    assert.equal((await logs.listEvents({ signal: "preference" })).data.length, 0);
  });

  store("finds events by generation, name, user and time, and drops old days with their generations", async (logs) => {
    const [old, late] = [event({ received: NOON - 3 * DAY_MS, name: "copied" }), event({ user_id: "bob" })];
    const generation = sampleGeneration({ time: NOON - 3 * DAY_MS });
    await logs.insert([generation], "g");
    await logs.insertEvents([old, late], "a");
    const ids = async (query: Parameters<LogStore["listEvents"]>[0]) =>
      (await logs.listEvents(query)).data.map(({ id }) => id);
    assert.deepEqual(await ids({ generation: old.generation_id }), [old.id]);
    assert.deepEqual(await ids({ name: "copied" }), [old.id]);
    assert.deepEqual(await ids({ user: "bob" }), [late.id]);
    assert.deepEqual(await ids({ from: NOON }), [late.id]);
    assert.deepEqual(await ids({ to: NOON }), [old.id]);
    assert.deepEqual((await logs.getMany([generation.id, newId("gen")])).map(({ id }) => id), [generation.id]); // prettier-ignore
    assert.equal(await logs.dropBefore(new Date(NOON - DAY_MS)), 1);
    assert.deepEqual(await ids({}), [late.id]);
    assert.deepEqual(await logs.getMany([generation.id]), []);
  });
}
