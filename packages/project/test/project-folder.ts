import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { openProject, type Project, type ProjectState } from "../src/endpoints/project.ts";
import type { RunnerLimits } from "../src/runner/runner.ts";

const opened: (() => void)[] = [];
// Of the whole file: a hook of a suite would end what it opens at its own end.
after(() => opened.forEach((close) => close()));

/** A folder with these files, by their paths; gone after the tests. */
export function projectFolder(files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), "flywheel-project-"));
  opened.push(() => rmSync(dir, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) writeProjectFile(dir, path, text);
  return dir;
}

export function writeProjectFile(dir: string, path: string, text: string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
}

/** An endpoint's file with this prompt, which stands on line 3. */
export const endpointFile = (prompt: string, head = ""): string =>
  `import { defineEndpoint } from "flywheel"; ${head}
export default defineEndpoint<{ text: string }>({
  prompt: ${prompt},
});
`;

export const LIMITS: RunnerLimits = { env: {}, hosts: [], memoryBytes: 256 * 1024 * 1024, timeoutMs: 10_000 };

export interface OpenProject extends Project {
  /** The first build; fails where there is something wrong with the files. */
  built(): Promise<ProjectState>;
  /** The first state, this one included, that is as wanted. */
  until(wanted: (state: ProjectState) => boolean): Promise<ProjectState>;
  /** What an endpoint of the current build says, or why it does not. */
  say(endpoint: string, text?: string): Promise<string>;
  output: string[];
}

/** A project that is followed; closed after the tests. */
export function followed(dir: string, limits: Partial<RunnerLimits> = {}, onEdit?: () => void): OpenProject {
  const output: string[] = [];
  let told = Promise.withResolvers<void>();
  const project = openProject({
    dir,
    limits: { ...LIMITS, ...limits },
    onEdit,
    onOutput: (line) => output.push(line),
    onState() {
      told.resolve();
      told = Promise.withResolvers();
    },
  });
  opened.unshift(() => project.close());
  async function until(wanted: (state: ProjectState) => boolean): Promise<ProjectState> {
    while (!project.state || !wanted(project.state)) await told.promise;
    return project.state;
  }
  return Object.assign(project, {
    output,
    until,
    async built() {
      const state = await until(() => true);
      assert.deepEqual(state.diagnostics, []);
      return state;
    },
    async say(endpoint: string, text = "") {
      try {
        const messages = await project.renderPrompt(project.state!.build.id, endpoint, { text });
        return messages.map(({ role, content }) => `${role}: ${content}`).join("\n");
      } catch (error) {
        return (error as Error).message;
      }
    },
  });
}
