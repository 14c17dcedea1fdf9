export { modelFingerprint } from "./fingerprint.ts";
export { checkFitness } from "./fitness.ts";
export { GgufError, readGguf, readGgufMetadata } from "./gguf.ts";
export type { GgufArray, GgufHeader, GgufMetadata, GgufTensor, GgufValue } from "./gguf.ts";
export type { LocalHealth, LocalModelHealth, LocalServer, LocalServerOptions } from "./service.ts";
