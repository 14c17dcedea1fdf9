export { damagedFiles } from "./folder-damage.ts";
export { openDataFolder, readRunFile, type RunFile, studioToken } from "./data-folder.ts";
export { type Environment, readEnvironment } from "./environment.ts";
export { SPARK, withSpark } from "./local-models.ts";
export { isFolderLocked } from "./lock.ts";
export { freePort } from "./port.ts";
export { localModelInfo } from "./local-model-info.ts";
export { providersOf, reachProvider, serversHere } from "./providers-of.ts";
export { startSupervisor, type Supervisor, type SupervisorOptions } from "./supervisor.ts";
