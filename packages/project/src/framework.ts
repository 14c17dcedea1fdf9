import { fileURLToPath } from "node:url";

/** Import specifiers that mean the running version, and their files. */
export const FRAMEWORK: Record<string, string> = { flywheel: fileURLToPath(import.meta.resolve("flywheel")) };
