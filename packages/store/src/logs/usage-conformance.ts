import assert from "node:assert/strict";
import { NO_FIGURES, type UsageFigures } from "@flywheel/protocol";
import { sampleGeneration, sampleGenerations } from "../../test/sample-generation.ts";
import type { LogStore } from "./log-store.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Two days before clocks are put forward in New York. */
const NOON = Date.UTC(2026, 2, 6, 12);
const PERIOD = { from: NOON - 30 * DAY_MS, to: NOON + 30 * DAY_MS };

type Store = (title: string, body: (logs: LogStore) => Promise<void>) => void;

/** What every log store must answer about usage. */
export function usageConformance(store: Store): void {
  store("gives the figures of nothing as zeros and unknowns", async (logs) => {
    assert.deepEqual(await logs.usage(PERIOD), [{ ...NO_FIGURES, name: "", time: 0 }]);
    assert.deepEqual(await logs.usage({ ...PERIOD, by: "model", step: "day" }), []);
  });

  store("counts errors, aborts and cache hits, and adds up tokens and money", async (logs) => {
    await logs.insert(
      [
        ...(["error", "partial", "interrupted", "client_aborted", "ok"] as const).map((status) =>
          sampleGeneration({ time: NOON, status, cost_nano: 4_000_000_000_000, usage_cache_read_input_tokens: 8 }),
        ),
        sampleGeneration({ time: NOON, cache_status: "hit", usage_cache_creation_input_tokens: 30 }),
        sampleGeneration({ time: NOON, cost_nano: null }),
        sampleGeneration({ time: NOON, cost_nano: null, usage_input_tokens: null, usage_output_tokens: null }),
        sampleGeneration({ time: PERIOD.to }),
      ],
      "a",
    );
    const [row] = await logs.usage(PERIOD);
    const { generations, errors, aborted, cached, unpriced, cost_nano } = row!;
    assert.deepEqual(
      { generations, errors, aborted, cached, unpriced, cost_nano },
      { generations: 8, errors: 3, aborted: 1, cached: 1, unpriced: 1, cost_nano: 20_000_000_000_000 },
    );
    assert.equal(row!.input_tokens, 7 * 38);
    assert.equal(row!.output_tokens, 7 * 52);
    assert.equal(row!.cache_read_input_tokens, 40);
    assert.equal(row!.cache_creation_input_tokens, 30);
  });

  store("measures what succeeded: all answers' duration, streams' first chunk, models' speed", async (logs) => {
    const streams = sampleGenerations(1000, NOON, (i) => ({
      time: NOON + i,
      stream: true,
      usage_output_tokens: 100,
      time_to_first_chunk: (i + 1) / 1000,
      duration: (i + 1) / 1000 + 2,
    }));
    const failed = { status: "error", duration: 900, time_to_first_chunk: 900, stream: true } as const;
    const hit = { cache_status: "hit", duration: 2.5, time_to_first_chunk: null, usage_output_tokens: 9000 } as const;
    await logs.insert(
      [...streams, ...sampleGenerations(200, NOON, () => failed), sampleGeneration({ ...hit, time: NOON })],
      "a",
    );
    const [row] = await logs.usage(PERIOD);
    near(row!.time_to_first_chunk.p50, 0.5);
    near(row!.time_to_first_chunk.p95, 0.95);
    near(row!.time_to_first_chunk.p99, 0.99);
    near(row!.duration.p50, 2.5);
    near(row!.duration.p99, 2.99);
    near(row!.tokens_per_second, 50);
  });

  store("groups by model, provider, key and cache, largest first, and only those asked for", async (logs) => {
    await logs.insert(
      [
        ...sampleGenerations(3, NOON, () => ({ key_id: "key_a", cache_status: "hit" })),
        ...sampleGenerations(2, NOON, () => ({ provider_name: "openai", provider_model: "large", key_id: "key_b" })),
        sampleGeneration({ time: NOON, provider_name: "", provider_model: "", status: "error", key_id: "key_b" }),
      ],
      "a",
    );
    const counts = async (query: Partial<Parameters<LogStore["usage"]>[0]>) =>
      (await logs.usage({ ...PERIOD, ...query })).map(({ name, generations }) => [name, generations]);
    assert.deepEqual(await counts({ by: "model" }), [["local/spark", 3], ["openai/large", 2], ["", 1]]); // prettier-ignore
    assert.deepEqual(await counts({ by: "provider", limit: 2 }), [["local", 3], ["openai", 2]]); // prettier-ignore
    assert.deepEqual(await counts({ by: "key" }), [["key_a", 3], ["key_b", 3]]); // prettier-ignore
    assert.deepEqual(await counts({ by: "cache" }), [["hit", 3], ["off", 3]]); // prettier-ignore
    assert.deepEqual(await counts({ by: "model", names: ["openai/large", "x') --"] }), [["openai/large", 2]]);
    assert.deepEqual(await counts({ status: "error" }), [["", 1]]);
    assert.deepEqual(await counts({ key_id: "key_b", by: "provider" }), [["openai", 2], ["", 1]]); // prettier-ignore
  });

  store("cuts time where a clock in a zone does, also when it is put forward", async (logs) => {
    const evening = Date.UTC(2026, 2, 8, 3, 59, 59, 999); // 22:59 of the 7th in New York
    const times = [evening, evening + 1, evening + 2 * HOUR_MS, evening + 25 * HOUR_MS];
    await logs.insert(
      times.map((time) => sampleGeneration({ time })),
      "a",
    );
    const starts = async (step: "minute" | "hour" | "day", zone?: string) =>
      (await logs.usage({ ...PERIOD, step, zone })).map(({ time, generations }) => [
        new Date(time).toISOString().slice(5, 16),
        generations,
      ]);
    assert.deepEqual(await starts("day", "America/New_York"), [
      ["03-07T05:00", 2],
      ["03-08T05:00", 1],
      ["03-09T04:00", 1],
    ]);
    assert.deepEqual(await starts("day"), [["03-08T00:00", 3], ["03-09T00:00", 1]]); // prettier-ignore
    assert.deepEqual(await starts("hour", "Asia/Kolkata"), [
      ["03-08T03:30", 2],
      ["03-08T05:30", 1],
      ["03-09T04:30", 1],
    ]);
    assert.equal((await starts("minute"))[0]![0], "03-08T03:59");
  });
}

/** Within two percent. */
function near(actual: UsageFigures["tokens_per_second"], expected: number): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= 0.02 * expected, `${actual} is not ${expected}`);
}
