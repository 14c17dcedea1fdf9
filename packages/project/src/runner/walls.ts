import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { canTieToUs, PERMISSIONS } from "./runner.ts";
import { canSeeUsage } from "./usage.ts";

/** Something that a project's code is kept from, and whether it is on this machine. */
export interface Wall {
  /** Such as `files`. */
  what: string;
  stands: boolean;
  /** Why not, or what holds in its place. */
  note?: string;
}

/** Tried in a process with the permissions of a runner's: what is denied says so with a code. */
const TRIES = {
  files: 'require("node:fs").readdirSync("/")',
  writing: 'require("node:fs").writeFileSync("/tmp/flywheel-wall", "")',
  connections:
    'await new Promise((done, failed) => require("node:net").connect(9, "127.0.0.1").once("connect", done).once("error", failed))',
  processes: 'require("node:child_process").spawnSync(process.execPath, ["--version"])',
  threads: 'new (require("node:worker_threads").Worker)("", { eval: true })',
  "native code": 'process.dlopen({ exports: {} }, "/tmp/flywheel-wall.node")',
  WASI: 'new (require("node:wasi").WASI)({ version: "preview1" })',
};

const PROBE = `(async () => {
  const codes = {};
  ${Object.entries(TRIES)
    .map(([what, code]) => `try { ${code}; } catch (error) { codes[${JSON.stringify(what)}] = error.code; }`)
    .join("\n  ")}
  console.log(JSON.stringify(codes));
})()`;

const DENIED = ["ERR_ACCESS_DENIED", "ERR_DLOPEN_DISABLED"] as (string | undefined)[];
const TIMEOUT_MS = 10_000;

/** Every wall around a project's code, tried on this machine. */
export async function walls(): Promise<Wall[]> {
  const codes = await probe();
  return [
    ...Object.keys(TRIES).map((what) => wall(what, DENIED.includes(codes[what]), codes[what] ?? "open")),
    wall("memory beyond its limit", canSeeUsage(), "there is no /proc here: only its heap is limited"),
    wall("working after it has answered", canSeeUsage(), "there is no /proc here"),
    wall("outliving a killed flywheel", canTieToUs(), "there is no setpriv here: code in a loop goes on"),
  ];
}

const wall = (what: string, stands: boolean, note: string): Wall => ({ what, stands, ...(!stands && { note }) });

async function probe(): Promise<Record<string, string | undefined>> {
  const child = spawn(process.execPath, [...PERMISSIONS, "--input-type=commonjs", "--eval", PROBE], {
    cwd: "/",
    env: {},
    stdio: ["ignore", "pipe", "ignore"],
    timeout: TIMEOUT_MS,
  });
  child.once("error", () => {});
  try {
    return JSON.parse(await text(child.stdout)) as Record<string, string>;
  } catch {
    return {};
  }
}
