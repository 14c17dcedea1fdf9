import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { endpointFile, followed, type OpenProject, projectFolder } from "../../test/project-folder.ts";

/** By the way that code could go: the endpoint's prompt, and what is to come of it. */
const REFUSED: Record<string, { head?: string; prompt: string; says: RegExp }> = {
  "reads a file through a package": {
    head: 'import { open } from "opener";',
    prompt: "() => open.file()",
    says: /endpoints\/e\d+\.ts:3: fs\.readFileSync: files are closed/,
  },
  "starts a process through a package": {
    head: 'import { open } from "opener";',
    prompt: "() => open.process()",
    says: /:3: child_process\.execSync: processes and threads are closed/,
  },
  "starts a thread through a package": {
    head: 'import { open } from "opener";',
    prompt: "() => open.thread()",
    says: /:3: worker_threads\.Worker: processes and threads are closed/,
  },
  "opens a socket through a package": {
    head: 'import { open } from "opener";',
    prompt: "() => open.socket()",
    says: /:3: net\.connect: connections are closed/,
  },
  "reads a file by a name made while it runs": {
    prompt: 'async () => (await import(["node", "fs"].join(":"))).readFileSync("/etc/passwd", "utf8")',
    says: /:3: node:fs: files are closed/,
  },
  "reads a file by code made while it runs": {
    prompt: `async () => (await Function("return import('node:fs')")()).readFileSync("/etc/passwd", "utf8")`,
    says: /:3: node:fs: files are closed/,
  },
  "requires a module": {
    prompt:
      'async () => (await import(["node", "module"].join(":"))).createRequire("file:///x.js")("fs").readFileSync("/etc/passwd")',
    says: /:3: fs: files are closed/,
  },
  "imports a file by its address": {
    prompt: 'async () => JSON.stringify(await import(["file:", "etc/passwd"].join("///")))',
    says: /:3: file:\/\/\/etc\/passwd: not open/,
  },
  "fetches from anywhere": {
    prompt: 'async () => (await fetch("http://127.0.0.1:9/")).text()',
    says: /:3: TypeError: fetch failed: 127\.0\.0\.1:9 is not declared; add it to `runner\.hosts`/,
  },
  "loads native code": {
    prompt: '() => (process as any).dlopen({ exports: {} }, "/tmp/x.node")',
    says: /:3: process\.dlopen is closed/,
  },
  "asks for Node's inner bindings": {
    prompt: '() => String((process as any).binding("fs"))',
    says: /:3: TypeError: process\.binding is not a function/,
  },
  "asks for built-in modules": {
    prompt: '() => String((process as any).getBuiltinModule("fs"))',
    says: /:3: TypeError: process\.getBuiltinModule is not a function/,
  },
  "opens the debugger": {
    prompt: 'async () => String(await import(["node", "inspector"].join(":")))',
    says: /:3: node:inspector: not open/,
  },
  exits: { prompt: "() => (process as any).exit(0)", says: /:3: process\.exit is closed/ },
  aborts: { prompt: "() => (process as any).abort()", says: /:3: process\.abort is closed/ },
  "throws text": { prompt: '() => { throw "boo"; }', says: /:3: threw "boo", which is not an Error/ },
  "throws nothing": { prompt: "() => { throw undefined; }", says: /:3: threw undefined, which is not an Error/ },
  "throws what throws again": {
    prompt: '() => { throw Object.defineProperty(new Error(), "message", { get() { throw 1; } }); }',
    says: /:3: threw something that cannot be looked at/,
  },
  "throws an error": { prompt: '() => {\n    throw new RangeError("too far");\n  }', says: /:4: RangeError: too far/ },
  "returns no messages": {
    prompt: "() => 5 as unknown as string",
    says: /:3: returned 5; return text or a list of messages/,
  },
  "returns messages of nobody": {
    prompt: '() => [{ role: "tool" as "user", content: "x" }]',
    says: /:3: messages\[0\]\.role: expected "system" or "user" or "assistant", got "tool"/,
  },
  "returns more than anybody reads": { prompt: '() => "x".repeat(9e6)', says: /:3: RangeError: .* bytes; at most/ },
};

/** Those that end the process: what its death is told as. */
const KILLED: Record<string, { prompt: string; says: RegExp }> = {
  "loops for ever": {
    prompt: "() => {\n    for (let i = 0; ; i++) if (i < 0) return String(i);\n  }",
    says: /endpoints\/e\d+\.ts:4: did not finish within 0\.6 s/,
  },
  "lets a pattern run for ever": {
    prompt: '() => String(\n    /^(a+)+$/.test("a".repeat(50) + "b"),\n  )',
    says: /:4: did not finish within 0\.6 s/,
  },
  "fills the heap": {
    prompt: "() => {\n    const all: unknown[] = [];\n    for (;;) all.push({ all: [all.length] });\n  }",
    says: /took more than 268 MB of memory|ran out of memory|did not finish within 0\.6 s/,
  },
  "fills memory outside the heap": {
    prompt: "() => {\n    const all: Buffer[] = [];\n    for (;;)\n      all.push(Buffer.alloc(1e6, 1));\n  }",
    says: /endpoints\/e\d+\.ts:[3456]: (?:took more than 268 MB of memory|did not finish within 0\.6 s)/,
  },
  "fills memory at one stroke": {
    prompt: "() => String(Buffer.alloc(3e9, 1).length)",
    says: /took more than 268 MB of memory|did not finish within 0\.6 s/,
  },
};

const nameOf = (ways: object, way: string) => `e${Object.keys(ways).indexOf(way)}`;

/** A package that would open anything. The lines of a package are not shown: the call of it is. */
const OPENER = {
  "node_modules/opener/package.json": '{ "main": "main.js" }',
  "node_modules/opener/main.d.ts": "export const open: Record<string, () => string>;",
  "node_modules/opener/main.js": `const fs = require("fs"), net = require("node:net");
    const { execSync } = require("child_process"), { Worker } = require("worker_threads");
    class Thread extends Worker {}
    exports.open = {
      file: () => fs.readFileSync("/etc/passwd", "utf8"),
      process: () => execSync("id").toString(),
      thread: () => String(new Thread("1", { eval: true })),
      socket: () => String(net.connect(80, "127.0.0.1")),
    };`,
};

/** A project with one endpoint for each way, and one that does what it should. */
function projectOf(ways: Record<string, { head?: string; prompt: string }>): string {
  const files: [string, string][] = Object.entries(ways).map(([way, { prompt, head }]) => [
    `endpoints/${nameOf(ways, way)}.ts`,
    endpointFile(prompt, head),
  ]);
  return projectFolder({
    ...OPENER,
    ...Object.fromEntries(files),
    "endpoints/good.ts": endpointFile("({ text }) => text"),
  });
}

describe("code of a project that reaches for what is not its own", () => {
  let project: OpenProject;
  before(() => (project = followed(projectOf(REFUSED))).built());

  for (const [way, { says }] of Object.entries(REFUSED))
    it(`${way}: it is refused, with file and line`, async () => {
      assert.match(await project.say(nameOf(REFUSED, way)), says);
    });

  it("does not end its process by any of that", async () => {
    const { pid } = project;
    assert.equal(await project.say("good", "still here"), "user: still here");
    assert.equal(project.pid, pid);
  });
});

describe("code of a project that does not stop", () => {
  let project: OpenProject;
  before(() => (project = followed(projectOf(KILLED), { timeoutMs: 600 })).built());

  for (const [way, { says }] of Object.entries(KILLED))
    it(`${way}: its process is ended, and the next prompt is answered by another`, async () => {
      const { pid } = project;
      const [answer, other] = await Promise.all([project.say(nameOf(KILLED, way)), project.say("good", "waiting")]);
      assert.match(answer, says);
      assert.equal(other, "user: waiting");
      assert.notEqual(project.pid, pid);
      assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    });
});

/** Prototypes that Node's own code walks over, made to hand out whatever comes by. */
const STEAL = `
import { EventEmitter } from "node:events";
import util from "node:util";
export const stolen: any[] = [];
const keep = (it: unknown) => { if (it && (it as any).versions && !stolen.includes(it)) stolen.push(it); };
const emit = EventEmitter.prototype.emit;
EventEmitter.prototype.emit = function (this: any, ...all: any[]) { keep(this); return emit.apply(this, all); };
for (const name of ["domain", "noDeprecation", "_handle"])
  Object.defineProperty(Object.prototype, name, { configurable: true, get() { keep(this); return undefined; } });
`;

const LOOK = `import { stolen } from "../steal.ts"; import util from "node:util";`;
const PROBE = `async ({ text }) => {
    util.deprecate(() => {}, "x", "X1")();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [victim] = text.split(" ").map(Number);
    const found = [];
    for (const it of [...stolen, process, process.constructor, globalThis])
      for (let at: any = it; at && at !== Object.prototype; at = Object.getPrototypeOf(at))
        for (const name of ["kill", "_kill", "_debugProcess", "_debugEnd", "binding", "_linkedBinding", "dlopen", "reallyExit",
          "abort", "execve", "chdir", "setuid", "getBuiltinModule", "mainModule", "constructor", "channel", "send"])
          try {
            const value = at[name];
            if (typeof value !== "function") continue;
            if (/kill|debug/i.test(name)) value.call(it, victim, 9);
            if (!["constructor", "kill", "dlopen", "abort", "chdir"].includes(name)) found.push(name);
          } catch {}
    return JSON.stringify({ stolen: stolen.length, found });
  }`;

describe("the way to the real process", () => {
  let victim: ChildProcess;
  before(() => (victim = spawn("sleep", ["60"])));
  after(() => victim.kill());

  it("is found, and leads nowhere: no signal reaches another process", async () => {
    const project = followed(projectFolder({ "steal.ts": STEAL, "endpoints/probe.ts": endpointFile(PROBE, LOOK) }));
    await project.built();
    const said = await project.say("probe", String(victim.pid));
    assert.match(said, /^user: \{"stolen":[1-9]/, said);
    assert.deepEqual(JSON.parse(said.slice("user: ".length)).found, []);
    assert.equal(victim.exitCode ?? victim.signalCode, null);
  });
});
