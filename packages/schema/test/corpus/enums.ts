enum Colour {
  Red = "red",
  Green = "green",
}
enum Level {
  Low,
  Middle = 5,
  High,
}
enum Single {
  Only = "only",
}
enum Mixed {
  A = "a",
  B = 2,
}
enum Flags {
  None = 0,
  Read = 1 << 0,
  Write = 1 << 1,
  Both = Read | Write,
}
const enum Inlined {
  X = "x",
  Y = "y",
}
//+ "red" "green"
//- "Red" "blue"
export type AColour = Colour;
//+ 0 5 6
//- 1 "Low"
export type ALevel = Level;
//+ "only"
//- "Only"
export type ASingle = Single;
//+ "a" 2
//- "b" 1
export type AMixed = Mixed;
//+ 0 1 2 3
//- 4
export type SomeFlags = Flags;
//+ "x" "y"
//- "z"
export type AnInlined = Inlined;
//+ "red"
//- "green"
export type OneMember = Colour.Red;
//+ "red" null
//- "blue"
export type MaybeColour = Colour | null;
//+ "Red" "Green"
//- "red"
export type ColourNames = keyof typeof Colour;
//+ {"red":1,"green":2}
//- {"red":1}
export type ByColour = Record<Colour, number>;
//+ {"colour":"red","level":5}
//- {"colour":"red","level":2}
export interface Painted {
  colour: Colour;
  level: Level;
}
//+ "red" "green"
//- "blue"
export type ValuesOfColour = `${Colour}`;
enum Size {
  Small = "b",
  Large = 2,
}
//+ "b" 2 true
//- "Small" 3 false
export type SizeOr = Size | true | "b";
