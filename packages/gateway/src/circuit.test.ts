import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Circuit } from "./circuit.ts";

const LIMITS = { window_ms: 60_000, volume: 4, share: 0.5, open_ms: 1000, longest_open_ms: 3000 };
const START = 1_000_000;

function opened(): Circuit {
  const circuit = new Circuit(LIMITS);
  for (let i = 0; i < 4; i++) circuit.failed(START, START);
  assert.equal(circuit.admit(START), "open");
  return circuit;
}

describe("a circuit", () => {
  test("stays closed below the volume, and below the share of failures", () => {
    const circuit = new Circuit(LIMITS);
    for (let i = 0; i < 3; i++) circuit.failed(START, START);
    assert.equal(circuit.admit(START), "closed");
    const healthy = new Circuit(LIMITS);
    for (let i = 0; i < 20; i++) healthy.succeeded(START, START);
    for (let i = 0; i < 19; i++) healthy.failed(START, START);
    assert.equal(healthy.admit(START), "closed");
    healthy.failed(START, START);
    assert.equal(healthy.admit(START), "open");
    assert.match(healthy.describe(START), /^20 of 40 calls failed lately; next try in 1 s$/);
  });

  test("forgets what is older than its window, and only that", () => {
    const circuit = new Circuit(LIMITS);
    for (let i = 0; i < 3; i++) circuit.failed(START, START);
    circuit.failed(START + 71_000, START + 71_000);
    assert.equal(circuit.admit(START + 71_000), "closed");
    for (let i = 1; i < 4; i++) circuit.failed(START + 71_000, START + 71_000 + i * 10_000);
    assert.equal(circuit.admit(START + 101_500), "open");
  });

  test("lets one call at a time find out whether it may close", () => {
    const circuit = opened();
    assert.equal(circuit.admit(START + 999), "open");
    assert.equal(circuit.admit(START + 1000), "probe");
    assert.equal(circuit.admit(START + 1000), "open");
    circuit.succeeded(START + 1000, START + 1200);
    assert.equal(circuit.admit(START + 1200), "closed");
    assert.ok(circuit.isClean(START + 1200));
  });

  test("stays open twice as long each time that fails, up to a bound", () => {
    const circuit = opened();
    let now = START + 1000;
    for (const next of [2000, 3000, 3000]) {
      assert.equal(circuit.admit(now), "probe");
      circuit.failed(now, now);
      assert.equal(circuit.admit(now + next - 1), "open");
      now += next;
    }
  });

  test("is not moved by calls from before it opened", () => {
    const circuit = opened();
    circuit.succeeded(START - 1, START + 500);
    assert.equal(circuit.admit(START + 500), "open");
    circuit.failed(START - 1, START + 1000);
    assert.equal(circuit.admit(START + 1000), "probe");
  });

  test("is closed by an answer that came although it was open", () => {
    const circuit = opened();
    circuit.succeeded(START + 1, START + 2);
    assert.equal(circuit.admit(START + 2), "closed");
  });

  test("does not wait for ever for a call that never comes back", () => {
    const circuit = opened();
    assert.equal(circuit.admit(START + 1000), "probe");
    assert.equal(circuit.admit(START + 1999), "open");
    assert.equal(circuit.admit(START + 2000), "probe");
    circuit.release();
    assert.equal(circuit.admit(START + 2000), "probe");
  });
});
