import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Diagnostic, EndpointBuild, PromptMessage } from "@flywheel/protocol";
import { type Runner, type RunnerFailure, type RunnerLimits, startRunner } from "../runner/runner.ts";
import { spareRunner } from "../runner/spare.ts";
import { signatureSince } from "../signature.ts";
import { buildEndpoints, placesIn } from "./build.ts";
import { discoverEndpoints, ENDPOINTS_DIR } from "./discover.ts";
import { watchFiles } from "./file-watch.ts";
import type { EndpointSources } from "./read.ts";
import { endpointReader } from "./reader.ts";
import { servedBuilds } from "./served.ts";

/** A project's endpoints as they stand. */
export interface ProjectState {
  /** The last good build, which is served: without files that were never good. */
  build: EndpointBuild;
  /** What is wrong with the files as they are now; empty = they are what is served. */
  diagnostics: Diagnostic[];
  /** From the first look at the files to what is said here, in milliseconds. */
  took: number;
}

export interface ProjectOptions {
  dir: string;
  limits: RunnerLimits;
  /** Called once at the beginning, and after each edit that makes a difference. */
  onState(state: ProjectState): void;
  /** Endpoints were edited, and are about to be read: what serves them can get ready meanwhile. */
  onEdit?(): void;
  /** What the project's code prints, or throws where nobody waits for it. */
  onOutput(line: string): void;
}

/** The code of a project, built anew after each edit, and run apart. */
export interface Project {
  /** `null`: the first build is under way. */
  readonly state: ProjectState | null;
  /** The running process of the project's code; 0 where there is none. */
  readonly pid: number;
  /** What the code may have from now on. */
  configure(limits: RunnerLimits): void;
  /**
   * What an endpoint says to a model about an input, which must have been validated. Rejects with `prompt_failed` (the
   * user's code, with file and line), `build_replaced` (try again with the current build).
   */
  renderPrompt(build: string, endpoint: string, input: unknown): Promise<PromptMessage[]>;
  close(): void;
}

const NO_BUILD: EndpointBuild = { id: "none", endpoints: [] };
/** An editor that is in the middle of writing makes files that are wrong for a moment. */
const DOUBT_MS = 120;
/** File systems tell time in steps. */
const CLOCK_STEP_MS = 10;

/**
 * Follow the endpoints of a folder. A broken edit of what is served changes nothing but the diagnostics: the last good
 * build stays. A broken file that was never good is left out.
 */
export function openProject({ dir, limits, onState, onEdit, onOutput }: ProjectOptions): Project {
  let state: ProjectState | null = null;
  let busy = false;
  /** Something changed meanwhile. */
  let again = false;
  /** What the code that is served was given. */
  let given = limits;
  let closed = false;
  const reader = endpointReader(dir);
  const spare = spareRunner(start);
  const served = servedBuilds(dir, () => spare.take());
  const watch = watchFiles(look);

  function look(): void {
    again = true;
    if (!busy) void rebuild();
  }

  async function rebuild(): Promise<void> {
    busy = true;
    while (again) {
      again = false;
      const began = performance.now();
      const diagnostics = await build();
      if (closed) return end();
      if (diagnostics.length > 0) await doubt();
      if (diagnostics.length === 0 || !again) tell(diagnostics, performance.now() - began);
    }
    busy = false;
    if (served.current) spare.prepare();
  }

  const doubt = () => new Promise((resolve) => setTimeout(resolve, DOUBT_MS));

  function tell(diagnostics: Diagnostic[], took: number): void {
    const build = served.current?.build ?? NO_BUILD;
    const isNews = build !== state?.build || !isDeepStrictEqual(diagnostics, state.diagnostics);
    if (!isNews || closed) return;
    state = { build, diagnostics, took };
    onState(state);
  }

  /** Try the files as they are, and swap where they are good. What is wrong with them otherwise. */
  async function build(): Promise<Diagnostic[]> {
    const began = Date.now() - CLOCK_STEP_MS;
    const { files, folders, diagnostics } = discoverEndpoints(dir);
    const follow = (paths: string[]) => watch.follow(paths, signatureSince(paths, began));
    const serveNothing = (wrong: Diagnostic[]) => {
      follow(folders);
      // Whoever makes the folder is about to write the first one.
      if (existsSync(join(dir, ENDPOINTS_DIR))) reader.prepare();
      served.swap(undefined);
      return wrong;
    };
    if (files.length === 0) return serveNothing(diagnostics);
    // It starts while the files are read.
    spare.prepare();
    if (state) onEdit?.();
    try {
      const sources = await reader.read([]);
      // They may be gone by the time they are read.
      if (sources.endpoints.length === 0) return serveNothing(sources.diagnostics);
      follow(sources.files);
      return await serveWhatIsGood(sources);
    } catch (error) {
      follow([...folders, ...files.map(({ path }) => path)]);
      return [{ file: ENDPOINTS_DIR, message: (error as Error).message }];
    }
  }

  /**
   * A file that is wrong and is not served is left out, so that the others can be; one that is served keeps everything as
   * it is. All that is wrong.
   */
  async function serveWhatIsGood(all: EndpointSources): Promise<Diagnostic[]> {
    const without = new Set<string>();
    const found: Diagnostic[] = [];
    for (let sources = all; sources.endpoints.length > 0; sources = await reader.read([...without])) {
      const wrong = sources.diagnostics.length > 0 ? sources.diagnostics : await run(sources);
      found.push(...wrong);
      const files = new Set(wrong.map(({ file }) => file));
      const isEnough = [...files].some((file) => without.has(file) || !isUnserved(file));
      if (files.size === 0 || isEnough) break;
      files.forEach((file) => without.add(file));
    }
    return found;
  }

  const isUnserved = (file: string) =>
    file.startsWith(`${ENDPOINTS_DIR}/`) && !served.current?.build.endpoints.some((endpoint) => endpoint.file === file);

  async function run(sources: EndpointSources): Promise<Diagnostic[]> {
    if (sources.id === served.current?.sources.id && given === limits) return [];
    const asked = limits;
    const runner = spare.take();
    const outcome = await buildEndpoints(sources, runner, dir);
    if ("diagnostics" in outcome) {
      runner.kill();
      return outcome.diagnostics;
    }
    given = asked;
    served.swap(outcome);
    return [];
  }

  function start(): Runner {
    return startRunner(limits, {
      onLog: onOutput,
      onStray: (failure) => onOutput(inWords(failure)),
      onDeath: (failure) => onOutput(`${inWords(failure)}; its process is started again`),
    });
  }

  function inWords(failure: RunnerFailure): string {
    const place = served.current && placesIn(served.current.sources, dir)(failure);
    return `${place ? `${place.file}:${place.line}: ` : "the project's code "}${failure.message}`;
  }

  function end(): void {
    reader.close();
    spare.close();
    served.close();
  }

  look();
  return {
    get state() {
      return state;
    },
    get pid() {
      return served.pid;
    },
    configure(next) {
      if (isDeepStrictEqual(next, limits)) return;
      limits = next;
      spare.close();
      look();
    },
    renderPrompt: served.render,
    close() {
      closed = true;
      watch.close();
      end();
    },
  };
}
