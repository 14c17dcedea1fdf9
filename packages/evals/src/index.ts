export * from "./statistics/index.ts";
export * from "./decision/index.ts";
