// What a project's code finds around it besides the language and the web's own: declared for projects that have not
// chosen `@types/node`. What is closed to it is not here, so that it is told before it runs.

declare const process: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly argv: readonly string[];
  readonly platform: string;
  readonly version: string;
  readonly versions: Readonly<Record<string, string>>;
  cwd(): string;
  nextTick<Arguments extends unknown[]>(callback: (...all: Arguments) => void, ...all: Arguments): void;
  uptime(): number;
};

type BufferText = "utf8" | "utf-8" | "hex" | "base64" | "base64url" | "ascii" | "latin1" | "utf16le";
interface Buffer extends Uint8Array {
  toString(encoding?: BufferText, start?: number, end?: number): string;
  equals(other: Uint8Array): boolean;
}
declare const Buffer: {
  alloc(size: number, fill?: string | number | Uint8Array, encoding?: BufferText): Buffer;
  byteLength(text: string | ArrayBuffer | Uint8Array, encoding?: BufferText): number;
  concat(list: readonly Uint8Array[], length?: number): Buffer;
  from(text: string, encoding?: BufferText): Buffer;
  from(bytes: ArrayBuffer | ArrayLike<number> | Uint8Array): Buffer;
  isBuffer(value: unknown): value is Buffer;
};

declare const global: typeof globalThis;
declare function setImmediate<Arguments extends unknown[]>(
  callback: (...all: Arguments) => void,
  ...all: Arguments
): unknown;

declare module "node:*";
declare module "assert";
declare module "async_hooks";
declare module "buffer";
declare module "crypto";
declare module "events";
declare module "os";
declare module "path";
declare module "querystring";
declare module "stream";
declare module "string_decoder";
declare module "timers";
declare module "url";
declare module "util";
declare module "zlib";
