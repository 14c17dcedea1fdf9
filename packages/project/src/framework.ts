import { fileURLToPath } from "node:url";

/** Import specifiers that mean the running version, and their files. */
export const FRAMEWORK: Record<string, string> = { flywheel: fileURLToPath(import.meta.resolve("flywheel")) };

/** Declares what a project's code finds around it. */
export const AMBIENT: string = fileURLToPath(import.meta.resolve("flywheel/ambient"));
