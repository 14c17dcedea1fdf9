import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type CommandOptions, flywheel as run } from "./command.ts";
import { temporaryFolder } from "./flywheel.ts";

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
      deepEqual(made.stdout.trim().split("\n").length, 3);
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
    deepEqual([written, kept], [["endpoints/triage.ts", "flywheel.config.ts"], [".gitignore"]]);
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

  test("fails with the place of what is wrong", async () => {
    const dir = project(`${GREET}export const x = ;\n`);
    const { code, stdout, stderr } = await inFolder(dir)(["build"]);
    deepEqual([code, stdout], [1, ""]);
    match(stderr, /^endpoints\/greet\.ts:3:18: /m);
    const json = await inFolder(dir)(["build", "--json"]);
    equal(json.code, 1);
    const { ok: good, diagnostics } = JSON.parse(json.stdout) as { ok: boolean; diagnostics: { line: number }[] };
    ok(!good);
    equal(diagnostics[0]!.line, 3);
  });

  test("says what code that throws while it is loaded threw, and where", async () => {
    const { code, stderr } = await inFolder(project(`${GREET}\nthrow new Error("no customers");\n`))(["build"]);
    equal(code, 1);
    match(stderr, /greet\.ts:4:.*no customers/);
  });
});

describe("flywheel types", () => {
  test("writes the client, says whether it is up to date, and overwrites nothing else", async () => {
    const dir = project(GREET);
    const here = inFolder(dir);
    equal((await here(["types", "--check"])).code, 1, "there is none yet");
    const file = join(dir, "flywheel-client.ts");
    ok(!existsSync(file));
    const { code, stdout } = await here(["types"]);
    deepEqual([code, stdout], [0, `${file}\n`]);
    equal((await here(["types", "--check"])).code, 0);
    equal((await here(["types", "--out", "-"])).stdout, readFileSync(file, "utf8"));
    const refused = await here(["types", "--out", "endpoints/greet.ts"]);
    equal(refused.code, 1);
    match(refused.stderr, /was not written by this command/);
    equal(readFileSync(join(dir, "endpoints/greet.ts"), "utf8"), GREET);
  });

  test("leaves the last client where the project does not build", async () => {
    const dir = project(GREET);
    await inFolder(dir)(["types"]);
    const before = readFileSync(join(dir, "flywheel-client.ts"), "utf8");
    writeFileSync(join(dir, "endpoints/greet.ts"), "export default 7;\n");
    const { code, stderr } = await inFolder(dir)(["types"]);
    equal(code, 1);
    match(stderr, /greet\.ts:1/);
    equal(readFileSync(join(dir, "flywheel-client.ts"), "utf8"), before);
  });
});
