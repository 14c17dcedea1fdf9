export * from "./config.ts";
export * from "./control.ts";
export * from "./errors.ts";
export * from "./generation.ts";
export * from "./headers.ts";
export * from "./ids.ts";
export * from "./keys.ts";
export * from "./wal.ts";
