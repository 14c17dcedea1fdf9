import { createWalWriter } from "../src/wal/index.ts";
import { begin, close } from "./wal-records.ts";

// Run where a file cannot grow beyond 64 kB: records of these sizes, the second and third in one write.
const writer = createWalWriter({
  dir: process.argv[2]!,
  writer: "w1",
  durability: () => "fsync",
  segmentBytes: 48_000,
  minFreeBytes: 0,
});

async function record(id: string, bytes: number): Promise<string> {
  const outcome = begin(writer, id, "x".repeat(bytes));
  return outcome.then(() => `${id} ok`, (error: { code: string }) => `${id} ${error.code}`); // prettier-ignore
}

console.log(await record("gen_a", 40_000));
for (const line of await Promise.all([record("gen_b", 30_000), record("gen_c", 10_000)])) console.log(line);
console.log(await record("gen_d", 30_000));
await close(writer);
