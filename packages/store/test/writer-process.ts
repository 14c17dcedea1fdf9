import { newId } from "@flywheel/protocol";
import { createWalWriter } from "../src/wal/index.ts";
import { begin, end } from "./wal-records.ts";

// A gateway as the write-ahead log sees it: records generations until it is killed, and says what was accepted.
const [dir, durability, life] = process.argv.slice(2);
const writer = createWalWriter({
  dir: dir!,
  writer: `${process.pid}-${life}`,
  durability: () => durability as "fsync",
  segmentBytes: 20_000,
  minFreeBytes: 0,
});

async function generate(): Promise<void> {
  for (;;) {
    const id = newId("gen");
    await begin(writer, id);
    console.log(`begin ${id}`);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    await end(writer, id);
    console.log(`end ${id}`);
  }
}
for (let i = 0; i < 8; i++) void generate();
