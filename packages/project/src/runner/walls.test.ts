import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { it } from "node:test";
import { walls } from "./walls.ts";

// What keeps a project's code where it is, even if it came by Node's own modules.
it("a runner's permissions leave no files, connections, processes, threads, native code or WASI", async () => {
  const found = await walls();
  const names = ["files", "writing", "connections", "processes", "threads", "native code", "WASI"];
  assert.deepEqual(
    found.slice(0, -1),
    names.map((what) => ({ what, stands: true })),
  );
  assert.equal(existsSync("/tmp/flywheel-wall"), false);
});

it(
  "memory and processor time of another process are seen on Linux",
  { skip: process.platform !== "linux" },
  async () => {
    assert.deepEqual((await walls()).at(-1), { what: "memory beyond its limit", stands: true });
  },
);
