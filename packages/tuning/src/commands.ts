// Commands are clients of the control API: no store comes with them.
export { allRows } from "./dataset/all-rows.ts";
export { datasetCommands } from "./dataset/command.ts";
