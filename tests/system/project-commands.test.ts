import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Diagnostic } from "@flywheel/protocol";
import { type CommandOptions, flywheel as run } from "./command.ts";
import { temporaryFolder } from "./flywheel.ts";

const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
const inFolder = (dir: string) => (args: string[], options?: CommandOptions) => run([...args, "--cwd", dir], options);

/** A project of one endpoint. */
function project(source: string): string {
  const dir = temporaryFolder("project");
  mkdirSync(join(dir, "endpoints"));
  writeFileSync(join(dir, "endpoints/greet.ts"), source);
  return dir;
}

const GREET = `import { defineEndpoint } from "flywheel";
export default defineEndpoint<{ name: string }>({ prompt: ({ name }) => "Greet " + name });
`;

describe("flywheel init", () => {
  for (const template of ["structured", "chat"])
    test(`writes a project that can be built: ${template}`, async () => {
      const dir = temporaryFolder("project");
      const made = await inFolder(dir)(["init", "app", "--template", template]);
      equal(made.code, 0, made.stderr);
      match(made.stderr, /flywheel dev/);
      equal(made.stdout.trim().split("\n").length, 4);
      const checked = spawnSync(process.execPath, [TSC, "-p", join(dir, "app")], { encoding: "utf8" });
      deepEqual([checked.stdout, checked.status], ["", 0], "an editor knows `flywheel`, too");
      const built = await inFolder(join(dir, "app"))(["build", "--json"]);
      equal(built.code, 0, built.stderr);
      const { ok: good, endpoints } = JSON.parse(built.stdout) as { ok: boolean; endpoints: { name: string }[] };
      ok(good && endpoints.length === 1);
    });

  test("leaves what is there as it is", async () => {
    const dir = temporaryFolder("project");
    writeFileSync(join(dir, ".gitignore"), "mine\n");
    const made = await inFolder(dir)(["init", "--json"]);
    const { written, kept } = JSON.parse(made.stdout) as { written: string[]; kept: string[] };
    deepEqual([written, kept], [["endpoints/triage.ts", "flywheel.config.ts", "tsconfig.json"], [".gitignore"]]);
    equal(readFileSync(join(dir, ".gitignore"), "utf8"), "mine\n");
    const again = await inFolder(dir)(["init"]);
    deepEqual([again.code, again.stdout], [0, ""]);
    match(again.stderr, /endpoints\/triage\.ts is there already/);
  });

  test("knows its templates", async () => {
    const dir = temporaryFolder("project");
    const { code, stderr } = await inFolder(dir)(["init", "--template", "nope"]);
    equal(code, 2);
    match(stderr, /structured, chat/);
    deepEqual(readdirSync(dir), []);
  });
});

describe("flywheel build", () => {
  test("lists the endpoints and writes nothing", async () => {
    const dir = project(GREET);
    const { code, stdout } = await inFolder(dir)(["build"]);
    equal(code, 0);
    match(stdout, /^greet +default +endpoints\/greet\.ts$/m);
    deepEqual(readdirSync(dir), ["endpoints"]);
  });

  test("fails with the place of what is wrong, for people and as JSON", async () => {
    const broken = await inFolder(project(`${GREET}export const x: number = "text";\n`))(["build"]);
    deepEqual([broken.code, broken.stdout], [1, ""]);
    match(broken.stderr, /^endpoints\/greet\.ts:3:14: Type 'string' is not assignable to type 'number'/m);
    const thrown = await inFolder(project(`${GREET}\nthrow new Error("no customers");\n`))(["build", "--json"]);
    equal(thrown.code, 1);
    const { ok: good, diagnostics } = JSON.parse(thrown.stdout) as { ok: boolean; diagnostics: Diagnostic[] };
    ok(!good);
    deepEqual([diagnostics[0]!.file, diagnostics[0]!.line], ["endpoints/greet.ts", 4]);
    match(diagnostics[0]!.message, /no customers/);
  });
});

describe("flywheel types", () => {
  test("writes the client, says whether it is up to date, and overwrites nothing else, nor this where the project does not build", async () => {
    const dir = project(GREET);
    const here = inFolder(dir);
    equal((await here(["types", "--check"])).code, 1, "there is none yet");
    const file = join(dir, "flywheel-client.ts");
    ok(!existsSync(file));
    const { code, stdout } = await here(["types"]);
    deepEqual([code, stdout], [0, `${file}\n`]);
    equal((await here(["types", "--check"])).code, 0);
    const refused = await here(["types", "--out", "endpoints/greet.ts"]);
    equal(refused.code, 1);
    match(refused.stderr, /was not written by this command/);
    equal(readFileSync(join(dir, "endpoints/greet.ts"), "utf8"), GREET);
    const before = readFileSync(file, "utf8");
    writeFileSync(join(dir, "endpoints/greet.ts"), "export default 7;\n");
    const failed = await here(["types"]);
    equal(failed.code, 1);
    match(failed.stderr, /greet\.ts:1/);
    equal(readFileSync(file, "utf8"), before);
  });
});
