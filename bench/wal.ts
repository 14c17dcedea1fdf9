// What recording a generation costs the gateway: node bench/wal.ts [folder]
import { closeSync, mkdtempSync, openSync, rmSync, writev, writevSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BeginHead, Durability, EndHead } from "@flywheel/protocol";
import { createWalWriter, type WalWriter } from "@flywheel/store/wal";

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), "flywheel-bench-"));
const AT_ONCE = 32;

const begin: BeginHead = {
  id: "gen_01936f5e-7c00-7000-8000-000000000000",
  time: Date.now(),
  project: "default",
  environment: "dev",
  key_id: "key_01936f5e-7c00-7000-8000-000000000000",
  operation: "chat",
  dialect: "openai-chat",
  request_model: "fast",
  route: "fast",
  provider: "local",
  model: "spark",
  stream: true,
  user_agent: "OpenAI/JS 7.57.0",
};
const end: EndHead = {
  id: begin.id,
  time: Date.now(),
  status: "ok",
  http_status: 200,
  provider: "local",
  model: "spark",
  dialect: "openai-chat",
  content_type: "text/event-stream",
  attempts: [{ provider: "local", model: "spark", started_ms: 1, ended_ms: 900, status: 200 }],
  duration: 0.9,
  time_to_first_chunk: 0.04,
  cache: "off",
};

/** Records generations one after another in each of some lanes; gives the milliseconds each `done` took. */
function record(
  writer: WalWriter,
  lanes: number,
  count: number,
  request: Buffer,
  response: Buffer[],
): Promise<number[]> {
  const took: number[] = [];
  let started = 0;
  let ended = 0;
  return new Promise((resolve, reject) => {
    const next = () => {
      if (started++ >= count) return;
      const began = performance.now();
      writer.begin(begin, request, (error) => {
        if (error) return reject(error);
        const middle = performance.now();
        took.push(middle - began);
        writer.end(end, response, (failure) => {
          if (failure) return reject(failure);
          took.push(performance.now() - middle);
          if (++ended === count) resolve(took);
          else next();
        });
      });
    };
    for (let lane = 0; lane < lanes; lane++) next();
  });
}

function percentile(values: number[], share: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  return `${((sorted[Math.floor(sorted.length * share)] ?? 0) * 1000).toFixed(0).padStart(6)} µs`;
}

async function benchWriter(durability: Durability, kilobytes: number, count: number): Promise<void> {
  const dir = mkdtempSync(join(folder, "wal-"));
  const writer = createWalWriter({ dir, writer: "bench", durability: () => durability });
  const request = Buffer.alloc(kilobytes * 1000, "x");
  // A streamed answer arrives in pieces.
  const response = Array.from({ length: 30 }, () => Buffer.alloc((kilobytes * 1000) / 30, "y"));
  await record(writer, AT_ONCE, count / 4, request, response);

  const alone = await record(writer, 1, count / 4, request, response);
  const cpu = process.cpuUsage();
  const began = performance.now();
  const together = await record(writer, AT_ONCE, count, request, response);
  const wall = ((performance.now() - began) * 1000) / count;
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    `${durability.padEnd(8)} ${String(kilobytes).padStart(3)} KB   ${wall.toFixed(1).padStart(6)} µs a generation` +
      ` (CPU ${((user + system) / count).toFixed(1)} µs)   done alone p50 ${percentile(alone, 0.5)} p95 ${percentile(alone, 0.95)}` +
      `   ${AT_ONCE} at once p50 ${percentile(together, 0.5)} p95 ${percentile(together, 0.95)}`,
  );
  await new Promise<void>((resolve) => writer.close(resolve));
  rmSync(dir, { recursive: true });
}

/** Why the writer's `writev` is synchronous: one write of 3 KB from call to return or callback. */
async function benchWritev(count: number): Promise<void> {
  const fd = openSync(join(folder, "plain"), "w");
  const buffers = [Buffer.alloc(3000, "x")];
  const now: number[] = [];
  const later: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    writevSync(fd, buffers);
    now.push(performance.now() - began);
  }
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await new Promise<void>((resolve) => writev(fd, buffers, () => resolve()));
    later.push(performance.now() - began);
  }
  closeSync(fd);
  console.log(
    `writev   synchronous   p50 ${percentile(now, 0.5)} p95 ${percentile(now, 0.95)} p99 ${percentile(now, 0.99)}`,
  );
  console.log(
    `         asynchronous  p50 ${percentile(later, 0.5)} p95 ${percentile(later, 0.95)} p99 ${percentile(later, 0.99)}`,
  );
}

try {
  await benchWritev(20_000);
  for (const durability of ["buffered", "fsync", "strict"] satisfies Durability[]) {
    await benchWriter(durability, 3, 20_000);
    await benchWriter(durability, 100, 2000);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
