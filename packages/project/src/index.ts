export { type BuildOptions, type BuildResult, buildProject } from "./build-project.ts";
export { writeEditorTypes } from "./editor-types.ts";
export { CLIENT_HEAD, writeClient } from "./client/write-client.ts";
export { type Project, type ProjectOptions, type ProjectState, openProject } from "./endpoints/project.ts";
export { loadConfig, type LoadOptions } from "./load.ts";
export { MODEL_HEAD, modelModule } from "./pydantic/model-module.ts";
export { type ModelQuestion, type ModelRead, readPydanticModel } from "./pydantic/read-model.ts";
export type { RunnerLimits } from "./runner/runner.ts";
export { type ConfigChange, watchConfig } from "./watch.ts";
