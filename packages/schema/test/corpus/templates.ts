//+ "/a" "/"
//- "a"
export type Path = `/${string}`;
//+ "id-5" "id--2.5"
//- "id-x" "5"
export type NumberedId = `id-${number}`;
//+ "true!" "false!"
//- "maybe!"
export type Shout = `${boolean}!`;
//+ "red-small" "red-large" "blue-small" "blue-large"
//- "red" "green-small"
export type Variant = `${"red" | "blue"}-${"small" | "large"}`;
//+ "onClick" "onFocus"
//- "onclick"
export type Handler = `on${Capitalize<"click" | "focus">}`;
//+ "ABC" ""
//- "abc"
export type Shouting = Uppercase<string>;
//+ "A" "B"
//- "a"
export type UpperLetters = Uppercase<"a" | "b">;
//+ "a@b" "@"
//- "ab"
export type Mail = `${string}@${string}`;
//+ "1.2.3"
//- "1.2" "a.b.c"
export type Version = `${number}.${number}.${number}`;
//+ "a.b*c(x)"
//- "aXbbc(x)"
export type Special = `a.b*c(${string})`;
//+ {"x-a":1}
//- {"x-a":"1"}
export type Extensions = { [K in `x-${string}`]: number };
//+ "px" "10px"
//- "10em"
export type Length = "px" | `${number}px`;
//+ "user:a" "team:b"
//- "other:c"
export type Subject = `user:${string}` | `team:${string}`;
//+ "2026-11"
//- "2026/11"
export type Month = `${number}-${number}`;
//+ "abc"
//- "ABC"
export type Quiet = Lowercase<string>;
