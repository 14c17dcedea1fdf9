import assert from "node:assert/strict";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadConfig } from "@flywheel/project";
import { buildProgram } from "../../apps/cli/src/program.ts";
import { configurationExamples, configurationReference } from "../../docs/reference/generate.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const DOCUMENTS = globSync("{,docs/**/,packages/*/,apps/*/,models/*/,bench/**/,examples/**/}*.md", { cwd: ROOT })
  .filter((path) => !path.includes("node_modules"))
  .toSorted();
const scripts = Object.keys((JSON.parse(read("package.json")) as { scripts: object }).scripts);
const folder = mkdtempSync(join(tmpdir(), "flywheel-documents-"));
after(() => rmSync(folder, { recursive: true }));

const blocksOf = (text: string, language: string) =>
  Array.from(text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "gm")), ([, block]) => block!);

/** The single commands of a shell block, without comments, prompts' results, and variables set for one command. */
function commandsOf(block: string): string[] {
  return block
    .replace(/\\\n\s*/g, " ")
    .split(/\n|&&|\|(?!\|)/)
    .map((line) =>
      line
        .replace(/(?:^|\s)#.*$/, "")
        .trim()
        .replace(/^(?:[A-Z_]+=\S*\s+)+/, ""),
    )
    .filter(Boolean);
}

/** What is wrong with a command of a document in `folder`; `undefined` where it would at least be understood. */
function objection(command: string, folder: string): string | undefined {
  const [, script, args] = /^npm (?:--prefix \S+ )?(?:run (?:-s )?)?([\w:]+)(?: --)?(?: (.*))?$/.exec(command) ?? [];
  if (["ci", "i", "exec"].includes(script ?? "")) return undefined;
  if (script && !scripts.includes(script)) return `there is no script ${script}`;
  if (script) return script === "flywheel" ? objectionTo(args ?? "") : undefined;
  const [word, file] = command.split(/\s+/);
  if (word === "flywheel") return objectionTo(command.slice("flywheel".length));
  if (word === "node" || word === "bash") {
    const there = [ROOT, folder].some((from) => existsSync(join(from, file ?? "")));
    return there || file?.startsWith("-") ? undefined : `there is no ${file}`;
  }
  if (/^(cd|git|curl|python3?|\.venv\/bin\/(pip|python))$/.test(word ?? "")) return undefined;
  return "nobody knows this command";
}

/** Whether the command line knows the command and each of its options. */
function objectionTo(args: string): string | undefined {
  if (args.trim() === "") return undefined;
  const words = args.match(/"[^"]*"|\S+/g) ?? [];
  let command = buildProgram() as { commands: readonly Named[]; options: readonly { short?: string; long?: string }[] };
  const options = [...command.options];
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word);
    if (!next) break;
    command = next;
    options.push(...next.options);
  }
  if (!("name" in command)) return `there is no command in ${args}`;
  const known = [...options.flatMap(({ short, long }) => [short, long]), "--help", "--version"];
  const unknown = words.find((word) => word.startsWith("-") && !known.includes(word.replace(/=.*/, "")));
  return unknown && `there is no option ${unknown}`;
}

type Named = { name(): string; commands: readonly Named[]; options: readonly { short?: string; long?: string }[] };

describe("documents", () => {
  for (const path of DOCUMENTS) {
    test(`${path} shows only commands that exist`, () => {
      const text = read(path);
      const inline = Array.from(
        text.replace(/^```[^]*?^```/gm, "").matchAll(/`((?:npm |flywheel )[^`]*)`/g),
        ([, code]) => code!,
      );
      const commands = [...blocksOf(text, "sh"), ...inline]
        .flatMap(commandsOf)
        .filter((command) => !/[<…]/.test(command));
      const folder = resolve(ROOT, dirname(path));
      const wrong = commands.map((command) => [command, objection(command, folder)]).filter(([, why]) => why);
      assert.deepEqual(wrong, []);
    });

    test(`${path} links only to what is there`, () => {
      const links = Array.from(
        read(path)
          .replace(/^```[^]*?^```/gm, "")
          .matchAll(/\]\(([^)\s]+)\)/g),
        ([, link]) => link!,
      );
      const relative = links.filter((link) => !/^(?:[a-z]+:|#)/.test(link)).map((link) => link.replace(/#.*/, ""));
      const missing = relative.filter((link) => !existsSync(resolve(ROOT, dirname(path), link)));
      assert.deepEqual(missing, []);
    });
  }

  test("are read closely enough to see what does not exist", () => {
    const wrong = [
      "npm run -s nope",
      "npm run -s flywheel -- lgos -n 5",
      "flywheel logs --nope",
      "node bench/nope.ts",
      "nope",
    ];
    assert.deepEqual(
      wrong.filter((command) => !objection(command, ROOT)),
      [],
    );
    const right = [
      "npm run -s flywheel -- logs --json -n 5",
      'flywheel chat local/spark "I forgot my PIN"',
      "flywheel keys list",
    ];
    assert.deepEqual(
      right.map((command) => objection(command, ROOT)),
      [undefined, undefined, undefined],
    );
  });

  test("README's install and test commands are those that CI runs", () => {
    const readme = blocksOf(read("README.md"), "sh").flatMap(commandsOf);
    const ci = commandsOf(read(".ci/run")).filter((command) => command.startsWith("npm "));
    assert.deepEqual(ci, ["npm ci", "npm test"]);
    for (const command of [...ci, "npm start"]) assert.ok(readme.includes(command), `README does not say ${command}`);
  });
});

describe("the reference of the configuration", () => {
  test("is up to date; otherwise run `npm run docs`", () => {
    assert.equal(read("docs/reference/configuration.md"), configurationReference());
  });

  test("has an example for every key, and together they load", async () => {
    const examples = configurationExamples();
    const dir = project(`export default {\n${[...examples.values()].join(",\n")}\n};`);
    const config = await loadConfig(dir);
    const { events: _, ...written } = config; // in a file of its own, `events.ts`
    assert.deepEqual(Object.keys(written).toSorted(), [...examples.keys()].toSorted());
  });

  test("is told by README with a configuration that loads", async () => {
    const blocks = blocksOf(read("README.md"), "ts").filter((block) => block.includes("defineConfig"));
    assert.ok(blocks.length > 0);
    for (const block of blocks) await loadConfig(project(block));
  });
});

let projects = 0;

/** A project folder with this configuration, and an empty file for each model that it names. */
function project(config: string): string {
  const dir = join(folder, String(projects++));
  for (const [, path] of config.matchAll(/"(\.\/[^"]+\.gguf)"/g)) {
    mkdirSync(dirname(join(dir, path!)), { recursive: true });
    writeFileSync(join(dir, path!), "");
  }
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "flywheel.config.ts"), config);
  return dir;
}
