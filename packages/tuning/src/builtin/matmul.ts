/**
 * Matrix multiplication in WebAssembly with 128-bit vectors: JavaScript alone has none, and multiplying is where nearly all
 * time of training goes. The module is assembled here, so that nothing has to be compiled or downloaded.
 *
 * `matmul(c, a, b, m, n, k, add)`: C [m × n] = A [m × k] · B [k × n], or C += where `add` is 1. Byte addresses into
 * `memory`, rows one after the other, 32-bit floats; m a multiple of 4, n of 8. Blocks of 4 × 8 stay in registers
 * (instructions: https://webassembly.github.io/spec/core/).
 */
export interface Kernel {
  memory: WebAssembly.Memory;
  matmul(c: number, a: number, b: number, m: number, n: number, k: number, add: number): void;
}

const PAGE = 65_536;
const [I32, V128] = [0x7f, 0x7b];
const [C, A, B, M, N, K, ADD, I, J, P, PA, PB, PC, ROW_A, ROW_B] = Array.from({ length: 15 }, (_, i) => i) as [number, number, number, number, number, number, number, number, number, number, number, number, number, number, number]; // prettier-ignore
const FIRST_SUM = 15;
const [B0, B1, X] = [FIRST_SUM + 8, FIRST_SUM + 9, FIRST_SUM + 10];

export function createKernel(bytes: number): Kernel {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(assemble()), { env: { memory } });
  return { memory, matmul: instance.exports["matmul"] as Kernel["matmul"] };
}

// Instructions -----------------------------------------------------------------------------------------------------

type Code = readonly number[];

function unsigned(value: number): Code {
  const bytes: number[] = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number, ...value: Code[]): Code => [...value.flat(), 0x21, ...unsigned(local)];
const constant = (value: number): Code => [0x41, ...(value < 64 ? [value] : [(value & 0x7f) | 0x80, value >> 7])];
const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
const times = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
const vector = (code: number): Code => [0xfd, ...unsigned(code)];
const load = (address: Code, offset: number): Code => [...address, ...vector(0), 4, ...unsigned(offset)];
const splat = (address: Code): Code => [...address, ...vector(9), 2, 0];
const store = (address: Code, value: Code, offset: number): Code => [...address, ...value, ...vector(11), 4, ...unsigned(offset)]; // prettier-ignore
const zero: Code = [...vector(12), ...Array<number>(16).fill(0)];
/** x · y + sum in one step. */
const fused = (x: Code, y: Code, sum: Code): Code => [...x, ...y, ...sum, ...vector(0x105)];
const plus = (x: Code, y: Code): Code => [...x, ...y, ...vector(0xe4)];
const when = (condition: Code, body: Code): Code => [...condition, 0x04, 0x40, ...body, 0x0b];

/** `for (local = 0; local < end; local += step) body`, at least once. */
function loop(local: number, end: Code, step: number, body: Code): Code {
  const next = set(local, add(get(local), constant(step)));
  return [...set(local, constant(0)), 0x03, 0x40, ...body, ...next, ...get(local), ...end, 0x49, 0x0d, 0, 0x0b];
}

// The function -----------------------------------------------------------------------------------------------------

const sum = (row: number, half: number): number => FIRST_SUM + row * 2 + half;
const rows = [0, 1, 2, 3];

/** One step along k: two vectors of a row of B, times one number of each of four rows of A. */
function innermost(): Code {
  const read = [...set(B0, load(get(PB), 0)), ...set(B1, load(get(PB), 16))];
  const row = (r: number): Code => {
    const address = add(add(get(PA), times(get(ROW_A), constant(r))), times(get(P), constant(4)));
    const halves = [B0, B1].flatMap((b, half) => set(sum(r, half), fused(get(X), get(b), get(sum(r, half)))));
    return [...set(X, splat(address)), ...halves];
  };
  return [...read, ...rows.flatMap(row), ...set(PB, add(get(PB), get(ROW_B)))];
}

function writeSums(row: number): Code {
  const address = add(get(PC), times(get(ROW_B), constant(row)));
  const halves = [0, 1].map((half) => ({ local: sum(row, half), offset: half * 16 }));
  const added = halves.flatMap(({ local, offset }) => set(local, plus(get(local), load(address, offset))));
  return [...when(get(ADD), added), ...halves.flatMap(({ local, offset }) => store(address, get(local), offset))];
}

function body(): Code {
  const block = [
    ...rows.flatMap((row) => [0, 1].flatMap((half) => set(sum(row, half), zero))),
    ...set(PB, add(get(B), times(get(J), constant(4)))),
    ...loop(P, get(K), 1, innermost()),
    ...set(PC, add(get(C), times(add(times(get(I), get(N)), get(J)), constant(4)))),
    ...rows.flatMap(writeSums),
  ];
  return [
    ...set(ROW_A, times(get(K), constant(4))),
    ...set(ROW_B, times(get(N), constant(4))),
    ...loop(I, get(M), 4, [...set(PA, add(get(A), times(get(I), get(ROW_A)))), ...loop(J, get(N), 8, block)]),
  ];
}

const text = (value: string): Code => [...unsigned(value.length), ...Buffer.from(value)];
const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];

const HEADER: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

function assemble(): Uint8Array<ArrayBuffer> {
  const locals = [2, 8, I32, ...unsigned(11), V128];
  const code = [...locals, ...body(), 0x0b];
  return new Uint8Array([
    ...HEADER,
    ...section(1, [1, 0x60, 7, ...Array<number>(7).fill(I32), 0]),
    ...section(2, [1, ...text("env"), ...text("memory"), 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("matmul"), 0x00, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}
