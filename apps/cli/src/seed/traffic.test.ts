import assert from "node:assert/strict";
import { test } from "node:test";
import { DIALECTS } from "@flywheel/providers";
import { price } from "@flywheel/providers/price";
import { type SampleRecord, sampleTraffic } from "./traffic.ts";

const UNTIL = Date.UTC(2026, 5, 30, 12);
const DAY_MS = 86_400_000;
const OPTIONS = { generations: 20_000, days: 30, seed: 7, until: UNTIL };
const RECORDS = [...sampleTraffic(OPTIONS)];

const share = (of: (record: SampleRecord) => boolean) => RECORDS.filter(of).length / RECORDS.length;

test("the sample is as long as asked for, in order, and within its days", () => {
  assert.equal(RECORDS.length, OPTIONS.generations);
  const times = RECORDS.map(({ begin }) => begin.time);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.ok(times[0]! >= UNTIL - 30 * DAY_MS && times.at(-1)! <= UNTIL);
  assert.equal(new Set(RECORDS.map(({ begin }) => begin.id)).size, RECORDS.length);
});

test("nearly every request is a text of its own; only what the cache answered was asked before", () => {
  const seen = new Set<string>();
  let repeated = 0;
  for (const { request, end } of RECORDS) {
    const text = Buffer.from(request).toString();
    if (seen.has(text)) repeated++;
    else if (end.cache === "hit") assert.fail("a hit on a request nobody made");
    seen.add(text);
  }
  assert.ok(seen.size > 0.93 * RECORDS.length, String(seen.size));
  assert.ok(repeated > 0);
});

test("every answer reads as its dialect says: text, finish reason, and a usage with a known price", () => {
  for (const { begin, end, response } of RECORDS.filter((_, i) => i % 50 === 0)) {
    if (end.status !== "ok") continue;
    const answer = DIALECTS[end.dialect].decodeResponse(Buffer.concat(response), end.content_type);
    assert.ok(answer.output_text.length > 0);
    assert.match(answer.finish_reason, /stop|end_turn/);
    const { provider, model } = end;
    const { cost_nano } = price({ provider, model, usage: answer.usage, time: begin.time }, {});
    assert.notEqual(cost_nano, null, `${provider}/${model}`);
  }
});

test("something goes wrong now and then, and more on the day of the incident", () => {
  assert.ok(share(({ end }) => end.status === "error") > 0.003);
  assert.ok(share(({ end }) => end.status !== "ok") < 0.1);
  assert.ok(RECORDS.some(({ end }) => end.attempts.length === 2 && end.status === "ok"));
  assert.ok(RECORDS.some(({ end }) => end.status === "partial" && end.error?.code === "upstream_truncated"));
});

test("the same seed gives the same texts, another gives others", () => {
  const first = (seed: number) => [...sampleTraffic({ ...OPTIONS, generations: 50, seed })].map(({ request }) => Buffer.from(request).toString()); // prettier-ignore
  assert.deepEqual(first(7), first(7));
  assert.notDeepEqual(first(7), first(8));
});
