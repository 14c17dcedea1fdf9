import { type Checker, SymbolFlags, type Type } from "./checker.ts";
import type { Json } from "./definitions.ts";

/** Types of the language's own library that are values of JSON when they are written out. */
const WELL_KNOWN: Readonly<Record<string, Json>> = { Date: { type: "string", format: "date-time" } };

const INSTEAD: Readonly<Record<string, string>> = {
  Map: "Write `Record<string, …>`.",
  ReadonlyMap: "Write `Record<string, …>`.",
  WeakMap: "Write `Record<string, …>`.",
  Set: "Write an array.",
  ReadonlySet: "Write an array.",
  WeakSet: "Write an array.",
  Iterable: "Write an array.",
  Generator: "Write an array.",
  Promise: "Write the type that it resolves to.",
  RegExp: "Write `string`.",
  URL: "Write `string` with `@format uri`.",
  Function: "Leave it out.",
  String: "Write `string`.",
  Number: "Write `number`.",
  Boolean: "Write `boolean`.",
  Error: "Write an object with the fields that matter.",
};
const BYTES = /^(Buffer|Blob|File|(Shared)?ArrayBuffer|DataView|(Big)?(Ui|I)nt\d+(Clamped)?Array|Float\d+Array)$/;

/** A type of someone else's: its schema, or what to write in its place where it does not stand for plain data. */
export type LibraryType = { schema: Json } | { name: string; instead: string };

/** `undefined`: the type is a project's own, or plain data by someone else. */
export function libraryType(checker: Checker, type: Type): LibraryType | undefined {
  const symbol = type.getSymbol();
  if (!symbol || !(symbol.flags & (SymbolFlags.Class | SymbolFlags.Interface)) || !isForeign(type)) return undefined;
  const { name } = symbol;
  if (isLibrary(type) && WELL_KNOWN[name]) return { schema: { ...WELL_KNOWN[name] } };
  const instead = INSTEAD[name] ?? (BYTES.test(name) ? "Write `string` with the bytes in base64." : undefined);
  if (isLibrary(type) && instead !== undefined) return { name, instead };
  const behaves = checker.getPropertiesOfType(type).some(({ flags, escapedName }) => flags & SymbolFlags.Method || String(escapedName).startsWith("__@")); // prettier-ignore
  return behaves ? { name, instead: "Write an interface of the data alone." } : undefined;
}

/** Of the language's own library. */
export const isLibrary = (type: Type) => declaredAt(type, /^bundled:|\/lib\.[\w.]+\.d\.ts$/);
const isForeign = (type: Type) => isLibrary(type) || declaredAt(type, /\/node_modules\//);

const declaredAt = (type: Type, place: RegExp) =>
  (type.getSymbol()?.declarations ?? []).some(({ path }) => place.test(path));
