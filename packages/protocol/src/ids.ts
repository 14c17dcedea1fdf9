/** Prefixes of every id we mint. The rest is a UUIDv7 (RFC 9562), so ids sort by time as strings. */
export type IdPrefix = "gen" | "key" | "req" | "saved" | "job" | "evt" | "run" | "promo" | "trial" | "file";

let lastMs = 0;
let sequence = 0;

/**
 * A new id, `<prefix>_<uuidv7>`. Ids minted by one process are strictly increasing, also when the clock goes back.
 * The 12 bits after the version hold a counter within the millisecond (RFC 9562 §6.2, method 1).
 */
export function newId(prefix: IdPrefix, now: number = Date.now()): string {
  if (now > lastMs) {
    lastMs = now;
    sequence = randomBlock()[0]!;
  } else if (++sequence > 0xfff) {
    lastMs++;
    sequence = 0;
  }
  return `${prefix}_${uuidv7(lastMs, sequence)}`;
}

const pool = new Uint8Array(16 * 256);
let poolUsed = pool.length;

/** Sixteen random bytes. Asking the system for many at once is ten times cheaper than asking for each id. */
function randomBlock(): Uint8Array {
  if (poolUsed === pool.length) {
    crypto.getRandomValues(pool);
    poolUsed = 0;
  }
  poolUsed += 16;
  return pool.subarray(poolUsed - 16, poolUsed);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function uuidv7(ms: number, counter: number): string {
  const bytes = randomBlock();
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(ms / 2 ** (8 * (5 - i))) & 0xff;
  bytes[6] = 0x70 | (counter >> 8);
  bytes[7] = counter & 0xff;
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  let hex = "";
  for (let i = 0; i < 16; i++) hex += HEX[bytes[i]!]!;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The time an id was minted, in epoch milliseconds; `undefined` if it is not one of ours. */
export function timeOfId(id: string): number | undefined {
  const match = /^[a-z]+_([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.exec(id);
  return match ? Number.parseInt(match[1]! + match[2]!, 16) : undefined;
}
