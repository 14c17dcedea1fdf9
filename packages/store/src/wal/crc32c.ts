// oxlint-disable no-bitwise
const POLYNOMIAL = 0x82f63b78; // Castagnoli, reflected

/** Eight tables of 256: table k advances a byte over k more zero bytes, so that eight bytes cost eight look-ups. */
const TABLE = makeTables();

function makeTables(): Int32Array {
  const table = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let i = 256; i < table.length; i++) table[i] = (table[i - 256]! >>> 8) ^ table[table[i - 256]! & 255]!;
  return table;
}

/**
 * CRC-32C (RFC 3720 §B.4) of `bytes`, continuing from `crc`, the value for the bytes before them.
 *
 * Node has only the other polynomial (`zlib.crc32`). This runs at 1 to 2 GB/s; slicing by 16, reading words through an
 * `Int32Array` and three interleaved streams were measured and not faster.
 */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  let c = ~crc;
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    const low = c ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    c =
      TABLE[0x700 | (low & 255)]! ^
      TABLE[0x600 | ((low >>> 8) & 255)]! ^
      TABLE[0x500 | ((low >>> 16) & 255)]! ^
      TABLE[0x400 | (low >>> 24)]! ^
      TABLE[0x300 | bytes[i + 4]!]! ^
      TABLE[0x200 | bytes[i + 5]!]! ^
      TABLE[0x100 | bytes[i + 6]!]! ^
      TABLE[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) c = (c >>> 8) ^ TABLE[(c ^ bytes[i]!) & 255]!;
  return ~c >>> 0;
}
