import { isDeepStrictEqual } from "node:util";
import { type Diagnostic, type EndpointBuild, FlywheelError, type PromptMessage } from "@flywheel/protocol";
import { type Runner, RunnerFailure, type RunnerLimits, startRunner } from "../runner/runner.ts";
import { signatureSince } from "../signature.ts";
import { sourcePlaces } from "../source-places.ts";
import { defineEndpoints } from "./define.ts";
import { discoverEndpoints } from "./discover.ts";
import { watchFiles } from "./file-watch.ts";
import { type LiveBuild, liveBuild } from "./live-build.ts";
import type { EndpointSources } from "./read.ts";
import { endpointReader } from "./reader.ts";

/** A project's endpoints as they stand. */
export interface ProjectState {
  /** The last good build, which is served. */
  build: EndpointBuild;
  /** What is wrong with the files as they are now; empty = they are what is served. */
  diagnostics: Diagnostic[];
  /** From the first look at the files to what is said here, in milliseconds. */
  took: number;
}

export interface ProjectOptions {
  dir: string;
  limits: RunnerLimits;
  /** Called after each edit that was looked into, and once at the beginning. */
  onState(state: ProjectState): void;
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
/** Those who heard of a build a moment ago may still ask for its prompts. */
const GRACE_MS = 10_000;
/** An editor that is in the middle of writing makes files that are wrong for a moment. */
const DOUBT_MS = 120;
/** File systems tell time in steps. */
const CLOCK_STEP_MS = 10;

/** Follow the endpoints of a folder. A broken edit changes nothing but the diagnostics: the last good build stays. */
export function openProject({ dir, limits, onState, onOutput }: ProjectOptions): Project {
  let state: ProjectState | null = null;
  /** The last good one; `state` may not have said so yet. */
  let good = NO_BUILD;
  let live: LiveBuild | undefined;
  let current: Runner | undefined;
  let served: EndpointSources | undefined;
  const retiring = new Map<string, LiveBuild>();
  const reader = endpointReader(dir);
  let busy = false;
  let again = false;
  let closed = false;
  const watch = watchFiles(look);

  function look(): void {
    if (busy) again = true;
    else void rebuild();
  }

  async function rebuild(): Promise<void> {
    busy = true;
    try {
      do {
        again = false;
        const began = performance.now();
        const outcome = await build();
        if (closed) return;
        if (outcome.diagnostics.length > 0) await doubt();
        if (again) continue;
        state = { ...outcome, took: performance.now() - began };
        onState(state);
      } while (again);
    } finally {
      busy = false;
    }
  }

  const doubt = () => new Promise((resolve) => setTimeout(resolve, DOUBT_MS));

  /** Tries the files as they are; swaps where they are good. */
  async function build(): Promise<Pick<ProjectState, "build" | "diagnostics">> {
    const found = discoverEndpoints(dir);
    const began = Date.now() - CLOCK_STEP_MS;
    if (found.files.length === 0) {
      watch.follow(found.folders, signatureSince(found.folders, began));
      swap(undefined, undefined);
      good = NO_BUILD;
      return { build: good, diagnostics: found.diagnostics };
    }
    // It starts while the files are read.
    const runner = start();
    try {
      const sources = await reader.read();
      watch.follow(sources.files, signatureSince(sources.files, began));
      if (sources.diagnostics.length > 0) return failed(runner, sources.diagnostics);
      if (sources.id === served?.id && live) return same(runner);
      return await run(sources, runner);
    } catch (error) {
      const files = [...found.folders, ...found.files.map(({ path }) => path)];
      watch.follow(files, signatureSince(files, began));
      return failed(runner, [{ file: "endpoints", message: (error as Error).message }]);
    }
  }

  async function run(sources: EndpointSources, runner: Runner): Promise<Pick<ProjectState, "build" | "diagnostics">> {
    const placed = placesIn(sources, dir);
    try {
      const loaded = await runner.load(sources.code);
      const { build, diagnostics } = defineEndpoints(sources.id, sources.endpoints, loaded);
      if (diagnostics.length > 0) return failed(runner, diagnostics);
      served = sources;
      good = build;
      swap(runner, liveOf(sources, runner));
      return { build, diagnostics };
    } catch (error) {
      const failure = error as RunnerFailure;
      return failed(runner, [{ ...(placed(failure) ?? { file: "endpoints" }), message: failure.message }]);
    }
  }

  function failed(runner: Runner, diagnostics: Diagnostic[]): Pick<ProjectState, "build" | "diagnostics"> {
    runner.kill();
    return { build: good, diagnostics };
  }

  function same(runner: Runner): Pick<ProjectState, "build" | "diagnostics"> {
    runner.kill();
    return { build: good, diagnostics: [] };
  }

  function liveOf(sources: EndpointSources, runner: Runner): LiveBuild {
    const placeOf = placesIn(sources, dir);
    return liveBuild({
      id: sources.id,
      runner,
      placeOf,
      async restart() {
        const next = start();
        await next.load(sources.code);
        current = next;
        return next;
      },
    });
  }

  function start(): Runner {
    return startRunner(limits, {
      onLog: onOutput,
      onStray: (failure) => onOutput(describe(failure)),
      onDeath: (failure) => onOutput(`${describe(failure)}; its process is started again`),
    });
  }

  function describe(failure: RunnerFailure): string {
    const place = served && placesIn(served, dir)(failure);
    return `${place ? `${place.file}:${place.line}: ` : "the project's code "}${failure.message}`;
  }

  function swap(runner: Runner | undefined, next: LiveBuild | undefined): void {
    const old = live;
    live = next;
    current = runner;
    if (!next) served = undefined;
    if (!old) return;
    retiring.set(old.id, old);
    setTimeout(() => {
      old.drain();
      if (retiring.get(old.id) === old) retiring.delete(old.id);
    }, GRACE_MS).unref();
  }

  void rebuild();
  return {
    get state() {
      return state;
    },
    get pid() {
      return current?.isAlive ? current.pid : 0;
    },
    configure(next) {
      if (isDeepStrictEqual(next, limits)) return;
      limits = next;
      served = undefined;
      look();
    },
    renderPrompt(id, endpoint, input) {
      const asked = live?.id === id ? live : retiring.get(id);
      if (!asked) return Promise.reject(new FlywheelError("build_replaced"));
      return asked.render(endpoint, input);
    },
    close() {
      closed = true;
      watch.close();
      reader.close();
      for (const each of [live, ...retiring.values()]) each?.kill();
    },
  };
}

/** Where a failure lies in the user's source; the prompt as a whole, where nothing more is known. */
function placesIn({ map, endpoints }: EndpointSources, dir: string) {
  const find = sourcePlaces(map, dir, dir);
  return (failure: RunnerFailure, endpoint?: string) => {
    const source = endpoints.find(({ name }) => name === endpoint);
    return find(failure.frames) ?? (source && { file: source.file, ...(source.keys["prompt"] ?? source.place) });
  };
}
