import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { it } from "node:test";
import { walls } from "./walls.ts";

// What keeps a project's code where it is, even if it came by Node's own modules.
it("a runner's permissions leave no files, connections, processes, threads, native code or WASI", async () => {
  const found = await walls();
  const names = ["files", "writing", "connections", "processes", "threads", "native code", "WASI"];
  assert.deepEqual(
    found.slice(0, -3),
    names.map((what) => ({ what, stands: true })),
  );
  assert.equal(existsSync("/tmp/flywheel-wall"), false);
});

it("on Linux, memory and processor time are watched", { skip: process.platform !== "linux" }, async () => {
  const watched = (await walls()).slice(-3, -1);
  assert.deepEqual(
    watched.map(({ stands }) => stands),
    [true, true],
  );
});
