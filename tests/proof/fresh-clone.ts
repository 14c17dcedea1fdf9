import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually, removeFolder, temporaryFolder } from "../system/flywheel.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

export interface CloneReport {
  install_seconds: number;
  install_mb: number;
  ready: string;
  /** From the answer of the printed curl to its row in the list. */
  row_ms: number;
  test_seconds: number | null;
}

/**
 * What README promises a newcomer: clone what is committed, run its own commands as they are printed there, try the curl
 * that it prints, find the row. Without the variables that npm and a running Flywheel leave in the environment.
 */
export async function freshClone({ tests, log }: { tests: boolean; log(line: string): void }): Promise<CloneReport> {
  const folder = join(temporaryFolder("clone"), "flywheel");
  log(`git clone → ${folder}`);
  execFileSync("git", ["clone", "--quiet", "--no-local", REPOSITORY, folder], { stdio: "inherit" });
  const [run, test] = commandsOf(readFileSync(join(folder, "README.md"), "utf8"));
  const [install, start] = run!.split(" && ") as [string, string];

  log(install);
  const install_seconds = timed(() => shell(folder, install));
  const install_mb = Number(
    execFileSync("du", ["-sm", "node_modules"], { cwd: folder, encoding: "utf8" }).split("\t")[0],
  );
  log(`${install_seconds} s, ${install_mb} MB`);

  log(start);
  const { ready, row_ms } = await useIt(folder, start);
  log(`${ready}; the row was there ${row_ms} ms after the answer`);

  let test_seconds: number | null = null;
  if (tests) {
    log(test!);
    test_seconds = timed(() => shell(folder, test!));
  }
  removeFolder(dirname(folder));
  return { install_seconds, install_mb, ready, row_ms, test_seconds };
}

/** The commands of the first two shell blocks that begin by installing. */
function commandsOf(readme: string): string[] {
  const blocks = [...readme.matchAll(/```sh\n(npm ci && [^\n]+)\n```/g)].map(([, command]) => command!);
  assert.ok(blocks.length >= 2, "README has its two commands");
  return blocks;
}

async function useIt(folder: string, start: string): Promise<{ ready: string; row_ms: number }> {
  const server = spawn("sh", ["-c", `exec ${start}`], {
    cwd: folder,
    env: environment(),
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  try {
    const printed = await untilCurl(server);
    const answer = JSON.parse(shell(folder, printed.curl)) as { choices: { message: { content: string } }[] };
    const answered = performance.now();
    assert.ok(answer.choices[0]!.message.content.length > 0);
    const row_ms = await eventually(async () => {
      const row = JSON.parse(shell(folder, "npm run -s flywheel -- logs --json -n 1") || "{}") as { status?: string };
      return row.status === "ok" ? Math.round(performance.now() - answered) : undefined;
    }, "the row of the printed curl");
    return { ready: printed.ready, row_ms };
  } finally {
    // As Ctrl-C does: to the whole group.
    const gone = new Promise((resolve) => server.once("exit", resolve));
    process.kill(-server.pid!, "SIGINT");
    await gone;
  }
}

function untilCurl(server: ChildProcess): Promise<{ ready: string; curl: string }> {
  return new Promise((resolve, reject) => {
    let text = "";
    server.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const ready = /^flywheel · (ready in .*)$/m.exec(text)?.[1];
      const curl = /^ {2}(curl .*)\n/m.exec(text)?.[1];
      if (ready && curl)
        resolve({ ready, curl: curl.replace("curl ", "curl --silent --show-error --fail-with-body ") });
    });
    server.once("exit", (code) => reject(new Error(`it ended with ${code}:\n${text}`)));
  });
}

function shell(folder: string, command: string): string {
  return execFileSync("sh", ["-c", command], {
    cwd: folder,
    env: environment(),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1 << 28,
  });
}

/** A newcomer's: no provider's key, nothing of npm's, and the port of their choice, since 4400 may be taken here. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/_API_KEY$|^npm_|^FLYWHEEL_|^INIT_CWD$|^NODE_/.test(name),
  );
  const path = process.env["PATH"]!.split(":").filter((part) => !part.includes("node_modules"));
  return { ...Object.fromEntries(kept), PATH: path.join(":"), FLYWHEEL_PORT: "0" };
}

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return Math.round((performance.now() - began) / 100) / 10;
}
