import { range } from "./regular/characters.ts";
import {
  both,
  characters,
  either,
  EMPTY,
  type Language,
  literal,
  many,
  maybe,
  multipleOf,
  NONE,
  repeat,
  sequence,
} from "./regular/language.ts";

/** What a schema says of a number. Absent = no limit. */
export interface NumberRange {
  integer: boolean;
  /** No integers. */
  fractional?: boolean;
  least?: Bound;
  most?: Bound;
  multipleOf?: number;
}

export interface Bound {
  value: number;
  exclusive: boolean;
}

const DIGIT = characters(range("0", "9"));
const NONZERO = characters(range("1", "9"));
const DIGITS = many(DIGIT);
const WHOLE = either(literal("0"), sequence(NONZERO, DIGITS));
const FRACTION = sequence(literal("."), repeat(DIGIT, 1, Infinity));
const EXPONENT = sequence(either(literal("e"), literal("E")), maybe(either(literal("+"), literal("-"))), repeat(DIGIT, 1, Infinity)); // prettier-ignore

/** Every JSON number (RFC 8259 §6). */
export const ANY_NUMBER = sequence(maybe(literal("-")), WHOLE, maybe(FRACTION), maybe(EXPONENT));

const FRACTIONAL = sequence(maybe(literal("-")), WHOLE, literal("."), DIGITS, NONZERO, DIGITS);

/** A number and how much of what was asked its language holds to. */
export interface NumberLanguage {
  language: Language;
  /** What is left for validation, or texts of numbers that the language leaves out. */
  approximated?: string;
}

/** The numbers within a range, written without exponent. */
export function numberLanguage(wanted: NumberRange): NumberLanguage {
  const { integer, fractional, least, most } = wanted;
  if (!integer && !fractional && !least && !most && wanted.multipleOf === undefined) return { language: ANY_NUMBER };
  const within = either(negative(wanted), positive(wanted));
  const language = fractional ? both(within, FRACTIONAL) : within;
  const scaled = wanted.multipleOf === undefined ? { language } : withMultiples(language, wanted.multipleOf);
  if (integer || (least && most)) return scaled;
  return { approximated: "numbers with an exponent are left out", ...scaled };
}

function positive({ integer, least, most }: NumberRange): Language {
  const low = least && (least.value > 0 || (least.value === 0 && least.exclusive)) ? least : undefined;
  if (most && (most.value < 0 || (most.value === 0 && most.exclusive))) return NONE;
  return both(low ? above(low, integer) : everyOf(integer), most ? below(most, integer) : everyOf(integer));
}

/** The minus, and what may follow it; zero has no sign. */
function negative({ integer, least, most }: NumberRange): Language {
  if (least && least.value >= 0) return NONE;
  const flipped = (bound: Bound): Bound => ({ ...bound, value: -bound.value });
  const low = most && most.value < 0 ? flipped(most) : { value: 0, exclusive: true };
  const high = least && flipped(least);
  const size = both(above(low, integer), high ? below(high, integer) : everyOf(integer));
  return size === NONE ? NONE : sequence(literal("-"), size);
}

const everyOf = (integer: boolean): Language => (integer ? WHOLE : sequence(WHOLE, maybe(FRACTION)));

/** Digits before and after the point of a number of 0 or more. */
function digitsOf(value: number): { whole: string; fraction: string } {
  const text = value < 1e21 && value >= 1e-6 ? String(value) : value === 0 ? "0" : toPlain(value);
  const [whole = "0", fraction = ""] = text.split(".");
  return { whole, fraction };
}

/** A number that JavaScript would write with an exponent. */
function toPlain(value: number): string {
  const [mantissa = "", exponent = "0"] = value.toString().split("e");
  const [head = "", tail = ""] = mantissa.split(".");
  const shift = Number(exponent);
  if (shift >= 0) return head + tail.padEnd(shift, "0");
  return `0.${"0".repeat(-shift - 1)}${head}${tail}`;
}

/** Numbers of 0 or more that are at least a bound of 0 or more. */
function above({ value, exclusive }: Bound, integer: boolean): Language {
  const { whole, fraction } = digitsOf(value);
  if (integer) return wholeAbove(exclusive || fraction !== "" ? BigInt(whole) + 1n : BigInt(whole));
  const larger = sequence(wholeAbove(BigInt(whole) + 1n), maybe(FRACTION));
  return either(larger, sequence(literal(whole), fractionAbove(fraction, exclusive)));
}

function below({ value, exclusive }: Bound, integer: boolean): Language {
  const { whole, fraction } = digitsOf(value);
  const limit = BigInt(whole);
  if (integer) return wholeBelow(exclusive && fraction === "" ? limit - 1n : limit);
  const smaller = sequence(wholeBelow(limit - 1n), maybe(FRACTION));
  return either(smaller, sequence(literal(whole), fractionBelow(fraction, exclusive)));
}

/** Whole numbers of at least `limit`, without leading zeros. */
function wholeAbove(limit: bigint): Language {
  if (limit <= 0n) return WHOLE;
  const digits = limit.toString();
  const longer = sequence(NONZERO, repeat(DIGIT, digits.length, Infinity));
  return either(longer, sameLengthAbove(digits));
}

function sameLengthAbove(digits: string): Language {
  if (digits === "") return EMPTY;
  const [head, rest] = [digits[0]!, digits.slice(1)];
  const greater = head === "9" ? NONE : sequence(characters(range(next(head, 1), "9")), exactly(rest.length));
  return either(greater, sequence(literal(head), sameLengthAbove(rest)));
}

function wholeBelow(limit: bigint): Language {
  if (limit < 0n) return NONE;
  const digits = limit.toString();
  const shorter =
    digits.length === 1 ? NONE : either(literal("0"), sequence(NONZERO, repeat(DIGIT, 0, digits.length - 2)));
  return either(shorter, sameLengthBelow(digits, digits.length > 1));
}

function sameLengthBelow(digits: string, leading: boolean): Language {
  if (digits === "") return EMPTY;
  const [head, rest] = [digits[0]!, digits.slice(1)];
  const least = leading ? "1" : "0";
  const smaller = head <= least ? NONE : sequence(characters(range(least, next(head, -1))), exactly(rest.length));
  return either(smaller, sequence(literal(head), sameLengthBelow(rest, false)));
}

const exactly = (count: number): Language => repeat(DIGIT, count, count);
const next = (digit: string, by: number): string => String(Number(digit) + by);

/** What may follow the whole part where that is the bound's own. */
function fractionAbove(digits: string, exclusive: boolean): Language {
  if (digits === "") return exclusive ? sequence(literal("."), DIGITS, NONZERO, DIGITS) : maybe(FRACTION);
  return sequence(literal("."), digitsAbove(digits, exclusive));
}

function digitsAbove(digits: string, exclusive: boolean): Language {
  if (digits === "") return exclusive ? sequence(DIGITS, NONZERO, DIGITS) : DIGITS;
  const [head, rest] = [digits[0]!, digits.slice(1)];
  const greater = head === "9" ? NONE : sequence(characters(range(next(head, 1), "9")), DIGITS);
  return either(greater, sequence(literal(head), digitsAbove(rest, exclusive)));
}

function fractionBelow(digits: string, exclusive: boolean): Language {
  const zeros = maybe(sequence(literal("."), repeat(literal("0"), 1, Infinity)));
  if (digits === "") return exclusive ? NONE : zeros;
  return either(zeros, sequence(literal("."), digitsBelow(digits, exclusive)));
}

/** Fraction digits, at least one, that stay below. */
function digitsBelow(digits: string, exclusive: boolean): Language {
  if (digits === "") return exclusive ? NONE : many(literal("0"));
  const [head, rest] = [digits[0]!, digits.slice(1)];
  const smaller = head === "0" ? NONE : sequence(characters(range("0", next(head, -1))), DIGITS);
  const same = rest === "" ? either(digitsBelow(rest, exclusive)) : either(EMPTY, digitsBelow(rest, exclusive));
  return either(smaller, sequence(literal(head), same));
}

const LARGEST_DIVISOR = 1000;

function withMultiples(language: Language, divisor: number): NumberLanguage {
  const point = digitsOf(divisor).fraction;
  const scale = Number(`1e${point.length}`);
  const whole = Math.round(divisor * scale);
  if (point === "" && whole <= LARGEST_DIVISOR) {
    const integers = sequence(maybe(literal("-")), WHOLE);
    return { language: both(language, integers, multipleOf(whole)) };
  }
  if (whole === 1) {
    const places = sequence(maybe(literal("-")), WHOLE, maybe(sequence(literal("."), repeat(DIGIT, 1, point.length))));
    return { language: both(language, places) };
  }
  return { language, approximated: `multiples of ${divisor} are checked afterwards` };
}
