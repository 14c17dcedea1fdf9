import { ok } from "node:assert/strict";
import { test } from "node:test";
import { createKernel } from "./matmul.ts";

test("multiplies like the definition, for every shape a model has, and adds where asked to", () => {
  const { memory, matmul } = createKernel(4 * 3_000_000);
  const floats = new Float32Array(memory.buffer);
  let seed = 7;
  const random = () => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff) * 2 - 1;
  for (const [m, n, k] of [
    [4, 8, 1],
    [4, 160, 160],
    [36, 384, 160],
    [100, 8, 384],
    [8, 2048, 33],
  ] as const) {
    const [a, b, c] = [16, 16 + m * k, 16 + m * k + k * n];
    for (let i = 0; i < m * k + k * n + m * n; i++) floats[16 + i] = random();
    const before = floats.slice(c, c + m * n);
    const wanted = Float64Array.from({ length: m * n }, (_, at) => {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += floats[a + Math.floor(at / n) * k + p]! * floats[b + p * n + (at % n)]!;
      return sum;
    });
    const off = (base: (at: number) => number) => wanted.reduce((most, value, at) => Math.max(most, Math.abs(floats[c + at]! - value - base(at))), 0); // prettier-ignore
    matmul(c * 4, a * 4, b * 4, m, n, k, 1);
    ok(off((at) => before[at]!) < 1e-4, `${m} × ${n} × ${k}, added`);
    matmul(c * 4, a * 4, b * 4, m, n, k, 0);
    ok(off(() => 0) < 1e-4, `${m} × ${n} × ${k}`);
  }
});
