import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { GenerationDetail, GenerationPage, GenerationSummary, ServerStatus } from "@flywheel/protocol";

export const COMMAND = fileURLToPath(new URL("../../apps/cli/bin/flywheel.js", import.meta.url));

/**
 * A test that failed may leave its server, which would keep the run waiting for ever. The file's own `after` comes later
 * than this one and has its time.
 */
const running = new Set<ChildProcess>();
const folders: string[] = [];
if (process.env["NODE_TEST_CONTEXT"]) {
  after(() => setTimeout(() => running.forEach((child) => child.kill("SIGKILL")), 20_000).unref());
  process.once("exit", () => folders.forEach(removeFolder));
}

/** A running `flywheel dev`, started as a person would start it. */
export interface Flywheel {
  baseUrl: string;
  /** Public address without `/v1`. */
  origin: string;
  key: string;
  studioUrl: string;
  readyMs: number;
  dataDir: string;
  child: ChildProcess;
  /** What it has written to stderr so far. */
  notes(): string;
  /** With a body it is a POST. */
  api<T>(path: string, body?: unknown): Promise<T>;
  status(): Promise<ServerStatus>;
  /** Wait until the log store has `count` generations, newest first. */
  rows(count: number): Promise<GenerationSummary[]>;
  generation(id: string): Promise<GenerationDetail>;
  /** Ctrl-C, and wait; gives the exit code. */
  stop(): Promise<number | null>;
}

export interface StartOptions {
  /** Default `dev`. */
  command?: "dev" | "start";
  /** Run by this instead of Node itself, such as `unshare …`; gets Node and its arguments. */
  under?: string[];
  dataDir?: string;
  projectDir?: string;
  args?: string[];
  env?: Record<string, string>;
}

/** The environment of this process without the keys of any provider. */
export function quietEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/_API_KEY$|^FLYWHEEL_|^INIT_CWD$|^NODE_TEST_CONTEXT$/.test(name),
  );
  return { ...Object.fromEntries(kept), ...extra };
}

/** Removed when the test file is over. */
export function temporaryFolder(name = "data"): string {
  const path = mkdtempSync(join(tmpdir(), `flywheel-${name}-`));
  folders.push(path);
  return path;
}

/** Start and wait for the first line. Rejects with what was printed where it ends instead. */
export async function startFlywheel({
  command = "dev",
  under = [],
  dataDir = temporaryFolder(),
  projectDir = temporaryFolder("project"),
  args = [],
  env = {},
}: StartOptions = {}): Promise<Flywheel> {
  const [file, ...rest] = [...under, process.execPath, COMMAND, command, "--json", "--port", "0"];
  const child = spawn(file, [...rest, "--data", dataDir, "--cwd", projectDir, ...args], {
    env: quietEnvironment(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let notes = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (notes += text));
  const first = await firstLine(child).catch(() => {
    throw new Error(`flywheel ended before it was ready:\n${notes}`);
  });
  const { base_url, key, studio_url, ready_ms } = JSON.parse(first) as {
    base_url: string;
    key: string;
    studio_url: string;
    ready_ms: number;
  };
  const origin = base_url.replace(/\/v1$/, "");
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));

  async function api<T>(path: string, body?: unknown): Promise<T> {
    const headers = {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(origin + path, { ...sent, headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  return {
    baseUrl: base_url,
    origin,
    key,
    studioUrl: studio_url,
    readyMs: ready_ms,
    dataDir,
    child,
    notes: () => notes,
    api,
    status: () => api<ServerStatus>("/api/status"),
    rows: (count) =>
      eventually(async () => {
        const { data } = await api<GenerationPage>(`/api/generations?limit=${Math.min(500, count + 10)}`);
        return data.length >= count ? data : undefined;
      }, `${count} rows`),
    generation: (id) => api<GenerationDetail>(`/api/generations/${id}`),
    async stop() {
      child.kill("SIGINT");
      return exited;
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout! });
    lines.once("line", resolve);
    child.once("exit", reject);
    child.once("error", reject);
  });
}

/** Ask until there is an answer; generous, since the machine may be busy. Errors count as "not yet". */
export async function eventually<T>(ask: () => Promise<T | undefined>, what: string, waitMs = 30_000): Promise<T> {
  const deadline = Date.now() + waitMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await sleep(50);
  }
  throw new Error(`waited ${waitMs} ms in vain for ${what}`, { cause: last });
}

export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}
