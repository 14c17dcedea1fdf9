// `+` is an instance that must be accepted, `-` one that must be refused, `!` what must be said of a type that JSON cannot say.

//+ "a" ""
//- 1 null
export type Text = string;
//+ 1 -2.5
//- "1" null
export type Amount = number;
//+ true false
//- 0 "true"
export type Flag = boolean;
//+ null
//- 0 {}
export type Nothing = null;
//+ 1 "a" null [] {}
export type Anything = unknown;
//+ "a"
//- "b" 1
export type OneWord = "a";
//+ 7
//- 8 "7"
export type OneNumber = 7;
//+ -1
//- 1
export type Negative = -1;
//+ true
//- false 1
export type Always = true;
//+ "z" "a" "m"
//- "b" ""
export type Letters = "z" | "a" | "m";
//+ 3 1 2
//- 4 "1"
export type Steps = 3 | 1 | 2;
//+ "a" 1 true
//- "b" 2 false null
export type MixedLiterals = "a" | 1 | true;
//+ "a" 1
//- true null
export type TextOrNumber = string | number;
//+ "a" null
//- 1
export type MaybeText = string | null;
//+ "x" null
//- "y"
export type MaybeWord = "x" | null;
//+ true false null
//- 0
export type MaybeFlag = boolean | null;
//+ true false "auto"
//- "on"
export type FlagOrAuto = boolean | "auto";
//+ "any text"
//- 1
export type KnownOrText = "small" | "large" | (string & {});
//+ {} {"a":1} []
//- 1 "a" null
export type SomeObject = object;
//+ "2026-01-02T03:04:05Z"
//- "yesterday" 5
export type Moment = Date;
//+ {"at":"2026-01-02T03:04:05Z"}
//- {"at":1}
export interface Stamped {
  at: Date;
}
//+ "\"quoted\"" "back\\slash"
//- "quoted"
export type Odd = '"quoted"' | "back\\slash";
//+ "ünï" "😀"
//- "uni"
export type Foreign = "ünï" | "😀";
