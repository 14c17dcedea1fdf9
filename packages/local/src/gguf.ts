import { open } from "node:fs/promises";

/** An array value of the header. Numbers come as a plain array; 64-bit ones beyond 2^53 lose precision. */
export type GgufArray = { type: GgufScalarType; values: readonly (number | string | boolean)[] };
export type GgufValue = number | string | boolean | GgufArray;
export type GgufMetadata = Readonly<Record<string, GgufValue>>;

export interface GgufTensor {
  name: string;
  /** Fastest-varying first, as stored. */
  shape: number[];
  /** ggml's type number: 0 = F32, 1 = F16, 8 = Q8_0, … */
  type: number;
  /** Bytes from the start of the file. */
  offset: number;
}

/** The header of a GGUF file, checked against the file's size. */
export interface GgufHeader {
  version: number;
  metadata: GgufMetadata;
  tensors: GgufTensor[];
  /** Where tensor data begins. */
  dataOffset: number;
  fileBytes: number;
  /** Weights in all tensors. */
  parameters: number;
}

/** The file is not a GGUF that can be used; the message says why, for a person. */
export class GgufError extends Error {
  override name = "GgufError";
}

const LIMITS = {
  headerBytes: 256 * 2 ** 20,
  entries: 65_536,
  nameBytes: 65_535,
  tensorNameBytes: 63,
  arrayItems: 4_000_000,
  elements: 2 ** 48,
};
const FIRST_READ = 2 ** 20;

const SCALARS = {
  0: ["u8", 1],
  1: ["i8", 1],
  2: ["u16", 2],
  3: ["i16", 2],
  4: ["u32", 4],
  5: ["i32", 4],
  6: ["f32", 4],
  7: ["bool", 1],
  8: ["string", 8],
  10: ["u64", 8],
  11: ["i64", 8],
  12: ["f64", 8],
} as const;
export type GgufScalarType = (typeof SCALARS)[keyof typeof SCALARS][0];
const ARRAY_TYPE = 9;

/** ggml type number → weights in a block, bytes of a block. Types not listed are left to llama.cpp to judge. */
const BLOCKS: Record<number, readonly [weights: number, bytes: number]> = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  3: [32, 20],
  6: [32, 22],
  7: [32, 24],
  8: [32, 34],
  10: [256, 84],
  11: [256, 110],
  12: [256, 144],
  13: [256, 176],
  14: [256, 210],
  15: [256, 292],
  16: [256, 66],
  17: [256, 74],
  18: [256, 98],
  19: [256, 50],
  20: [32, 18],
  21: [256, 110],
  22: [256, 82],
  23: [256, 136],
  24: [1, 1],
  25: [1, 2],
  26: [1, 4],
  27: [1, 8],
  28: [1, 8],
  29: [256, 56],
  30: [1, 2],
};

/**
 * Reads and checks the header of a GGUF file (v2 or v3, little-endian). Tensor data is not read, but every tensor must lie
 * inside the file. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 * @throws {GgufError} where the file is missing, not a GGUF, truncated or contradicts itself
 */
export async function readGguf(path: string): Promise<GgufHeader> {
  const file = await open(path, "r").catch((cause: NodeJS.ErrnoException) => {
    throw new GgufError(cause.code === "ENOENT" ? "there is no such file" : `it cannot be opened (${cause.code})`, {
      cause,
    });
  });
  try {
    const { size } = await file.stat();
    for (let length = Math.min(size, FIRST_READ); ; length = Math.min(size, length * 4)) {
      const bytes = Buffer.alloc(length);
      await file.read(bytes, 0, length, 0);
      const header = parseGguf(bytes, size);
      if (header) return header;
      if (length === size) throw new GgufError("the file is truncated: it ends inside its header");
      if (length >= LIMITS.headerBytes) throw new GgufError("its header is unreasonably large");
    }
  } finally {
    await file.close();
  }
}

/** The key-value part of a GGUF file's header. @throws {GgufError} as {@link readGguf} does */
export async function readGgufMetadata(path: string): Promise<GgufMetadata> {
  return (await readGguf(path)).metadata;
}

/** Parses a header from the first bytes of a file; `undefined` where more bytes are needed. */
function parseGguf(bytes: Buffer, fileBytes: number): GgufHeader | undefined {
  try {
    return parse(new Cursor(bytes), fileBytes);
  } catch (error) {
    if (error instanceof OutOfBytes) return undefined;
    throw error;
  }
}

function parse(cursor: Cursor, fileBytes: number): GgufHeader {
  const version = readVersion(cursor);
  const tensorCount = cursor.count("tensors", LIMITS.entries);
  const entryCount = cursor.count("metadata entries", LIMITS.entries);
  const metadata = readMetadata(cursor, entryCount);
  const tensors = Array.from({ length: tensorCount }, () => readTensor(cursor));
  const alignment = metadata["general.alignment"] ?? 32;
  if (typeof alignment !== "number" || alignment < 8 || alignment % 8 !== 0)
    throw new GgufError("its alignment is not a multiple of 8");
  const dataOffset = Math.ceil(cursor.offset / alignment) * alignment;
  const names = new Set<string>();
  let parameters = 0;
  for (const tensor of tensors) {
    if (names.has(tensor.name)) throw new GgufError(`the tensor ${tensor.name} occurs twice`);
    names.add(tensor.name);
    if (tensor.offset % alignment !== 0) throw new GgufError(`the tensor ${tensor.name} is not aligned`);
    tensor.offset += dataOffset;
    if (tensor.offset + tensorBytes(tensor) > fileBytes) {
      throw new GgufError(`the file is truncated: the tensor ${tensor.name} reaches past its end`);
    }
    parameters += elements(tensor);
  }
  return { version, metadata, tensors, dataOffset, fileBytes, parameters };
}

function readVersion(cursor: Cursor): number {
  if (cursor.bytes.length < 4 || cursor.bytes.toString("latin1", 0, 4) !== "GGUF")
    throw new GgufError("it is not a GGUF file");
  cursor.offset = 4;
  const version = Number(cursor.scalar(4));
  if (version !== 2 && version !== 3) {
    throw new GgufError(
      version > 0xffff ? "it is a big-endian GGUF file" : `GGUF version ${version} is not supported; 2 and 3 are`,
    );
  }
  return version;
}

function readMetadata(cursor: Cursor, count: number): Record<string, GgufValue> {
  const metadata: Record<string, GgufValue> = Object.create(null);
  for (let i = 0; i < count; i++) {
    const key = cursor.name(LIMITS.nameBytes);
    if (key in metadata) throw new GgufError(`the metadata key ${key} occurs twice`);
    const type = Number(cursor.scalar(4));
    metadata[key] = type === ARRAY_TYPE ? readArray(cursor, key) : cursor.scalar(scalarType(type, key));
  }
  return metadata;
}

function readArray(cursor: Cursor, key: string): GgufArray {
  const type = scalarType(Number(cursor.scalar(4)), key);
  const length = cursor.count(`items of ${key}`, LIMITS.arrayItems);
  const [name, itemBytes] = SCALARS[type];
  cursor.need(length * itemBytes);
  return { type: name, values: Array.from({ length }, () => cursor.scalar(type)) };
}

function scalarType(type: number, key: string): keyof typeof SCALARS {
  if (!(type in SCALARS)) throw new GgufError(`the metadata key ${key} has the unknown type ${type}`);
  return type as keyof typeof SCALARS;
}

function readTensor(cursor: Cursor): GgufTensor {
  const name = cursor.name(LIMITS.tensorNameBytes);
  const dimensions = Number(cursor.scalar(4));
  if (dimensions < 1 || dimensions > 4) throw new GgufError(`the tensor ${name} has ${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, () => cursor.count(`rows of ${name}`, LIMITS.elements));
  const tensor = {
    name,
    shape,
    type: Number(cursor.scalar(4)),
    offset: cursor.count(`offset of ${name}`, Number.MAX_SAFE_INTEGER),
  };
  if (shape.includes(0) || elements(tensor) > LIMITS.elements)
    throw new GgufError(`the tensor ${name} has an impossible shape`);
  return tensor;
}

function elements(tensor: GgufTensor): number {
  return tensor.shape.reduce((product, rows) => product * rows, 1);
}

function tensorBytes(tensor: GgufTensor): number {
  const block = BLOCKS[tensor.type];
  if (!block) return 0;
  if (tensor.shape[0]! % block[0] !== 0) throw new GgufError(`the rows of ${tensor.name} do not fit its block size`);
  return (elements(tensor) / block[0]) * block[1];
}

/** Signals that the bytes read so far end before the header does. */
class OutOfBytes extends Error {}

/** Reads little-endian values one after the other. */
class Cursor {
  offset = 0;
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Throws {@link OutOfBytes} unless `length` more bytes are there. */
  need(length: number): void {
    if (this.offset + length > this.bytes.length) throw new OutOfBytes();
  }

  count(what: string, limit: number): number {
    this.need(8);
    const value = this.bytes.readBigUInt64LE(this.offset);
    this.offset += 8;
    if (value > BigInt(limit)) throw new GgufError(`it claims ${value} ${what}; at most ${limit} are accepted`);
    return Number(value);
  }

  string(limit: number): string {
    const length = this.count("bytes in a string", limit);
    this.need(length);
    this.offset += length;
    return this.bytes.toString("utf8", this.offset - length, this.offset);
  }

  /** A string that C code may use as a key: not empty, and no NUL that would end it early. */
  name(limit: number): string {
    const name = this.string(limit);
    if (name === "" || name.includes("\0")) throw new GgufError("it has a key or tensor without a proper name");
    return name;
  }

  scalar(type: keyof typeof SCALARS): number | string | boolean {
    if (type === 8) return this.string(LIMITS.headerBytes);
    const [name, length] = SCALARS[type];
    this.need(length);
    const at = this.offset;
    this.offset += length;
    switch (name) {
      case "u8":
        return this.bytes.readUInt8(at);
      case "i8":
        return this.bytes.readInt8(at);
      case "u16":
        return this.bytes.readUInt16LE(at);
      case "i16":
        return this.bytes.readInt16LE(at);
      case "u32":
        return this.bytes.readUInt32LE(at);
      case "i32":
        return this.bytes.readInt32LE(at);
      case "f32":
        return this.bytes.readFloatLE(at);
      case "bool":
        return this.bytes.readUInt8(at) !== 0;
      case "u64":
        return Number(this.bytes.readBigUInt64LE(at));
      case "i64":
        return Number(this.bytes.readBigInt64LE(at));
      case "f64":
        return this.bytes.readDoubleLE(at);
    }
  }
}
