// Commands are clients of the control API: no store comes with them.
export { buildAndFollow } from "./dataset/follow-build.ts";
export { datasetCommands } from "./dataset/command.ts";
export { jobCommands } from "./jobs/command.ts";
