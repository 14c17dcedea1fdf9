import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { CreatedKey, GenerationDetail, GenerationSummary } from "@flywheel/protocol";
import { type ScriptedUpstream, startUpstream } from "../upstream/server.ts";
import { type CommandOptions, flywheel as run, startCommand } from "./command.ts";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "./flywheel.ts";
import { openTerminal } from "./terminal.ts";

let upstream: ScriptedUpstream;
let server: Flywheel;
let projectDir: string;
before(async () => {
  projectDir = temporaryFolder("project");
  upstream = await startUpstream();
  const providers = `{ scripted: { baseUrl: "${upstream.origin}/v1" } }`;
  writeFileSync(join(projectDir, "flywheel.config.ts"), `export default { providers: ${providers} };\n`);
  server = await startFlywheel({ projectDir });
});
after(async () => {
  await server.stop();
  await upstream.close();
  removeFolder(server.dataDir);
  removeFolder(projectDir);
});

/** A command on the data folder of the running server. */
const here = (args: string[], options?: CommandOptions) =>
  run([...args, "--data", server.dataDir, "--cwd", projectDir], options);

async function call(content: string, key = server.key): Promise<{ status: number; id: string }> {
  const response = await fetch(`${server.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "fast", max_tokens: 5, messages: [{ role: "user", content }] }),
  });
  await response.text();
  return { status: response.status, id: response.headers.get("flywheel-generation-id") ?? "" };
}

const stored = (id: string) => eventually(() => server.generation(id), `the row ${id}`);
const lines = <T>(text: string) =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);

describe("flywheel keys", () => {
  async function walkThrough(command: typeof here): Promise<CreatedKey> {
    const plain = await command(["keys", "create", "backend"]);
    assert.equal(plain.code, 0, plain.stderr);
    assert.match(plain.stdout, /^fw_prod_[A-Za-z0-9]{43}\n$/);
    assert.match(plain.stderr, /Keep it now/);
    const made = await command(["keys", "create", "laptop", "--environment", "development", "--admin", "--json"]);
    const [key] = lines<CreatedKey>(made.stdout);
    assert.deepEqual(key!.scopes, ["inference", "admin"]);
    const list = await command(["keys", "list"]);
    assert.match(list.stdout, new RegExp(`${key!.id}.*development.*inference\\+admin.*live.*laptop`));
    assert.ok(!list.stdout.includes(plain.stdout.trim()), "a list shows no secret");
    const revoked = await command(["keys", "revoke", key!.id]);
    assert.equal(revoked.stdout, `revoked ${key!.id} (laptop)\n`);
    const states = lines<{ id: string; revoked: number | null }>((await command(["keys", "list", "--json"])).stdout);
    assert.ok(states.find(({ id }) => id === key!.id)!.revoked! > 0);
    const unknown = await command(["keys", "revoke", "key_nothing"]);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /^flywheel: .*key_nothing.*\n$/);
    return { ...key!, secret: plain.stdout.trim() };
  }

  test("makes, lists and revokes keys through the running server, which takes them at once", async () => {
    const { secret } = await walkThrough(here);
    await eventually(
      async () => ((await call("with the new key", secret)).status === 200 ? true : undefined),
      "the key to work",
    );
  });

  test("does the same where no server runs, and leaves none behind", async () => {
    const dataDir = join(temporaryFolder(), "data");
    await walkThrough((args) => run([...args, "--data", dataDir, "--cwd", projectDir]));
    assert.ok(!existsSync(join(dataDir, "run.json")));
    removeFolder(dataDir);
  });

  const made = async (...args: string[]) => lines<CreatedKey>((await here([...args, "--json"])).stdout)[0]!;

  test("makes keys for some models and for some time, which the gateway holds them to", async () => {
    const key = await made("keys", "create", "trial", "--models", "local/*, default", "--expires", "1h");
    assert.deepEqual(key.models, ["local/*", "default"]);
    assert.ok(Math.abs(key.expires! - Date.now() - 3_600_000) < 60_000);
    assert.equal((await call("with a key for other models", key.secret)).status, 403);
    const list = await here(["keys", "list"]);
    assert.match(list.stdout, new RegExp(`${key.id}.* until \\d{4}-\\d\\d-\\d\\d +trial +\\[local/\\*, default\\]`));
    const short = await made("keys", "create", "short", "--expires", "1s");
    await eventually(async () => ((await call("late", short.secret)).status === 401 ? true : undefined), "the end");
  });

  test("rotates a key: the new secret works at once, the old one as long as was said", async () => {
    const { id, secret } = await made("keys", "create", "rotated");
    const second = await here(["keys", "rotate", id]);
    assert.match(second.stderr, /Keep it now.*\nThe old one works until \d{4}-.* UTC\.\n$/);
    for (const each of [secret, second.stdout.trim()]) assert.equal((await call("rotated", each)).status, 200);
    const third = await made("keys", "rotate", id, "--grace", "0s");
    assert.equal((await call("rotated again", third.secret)).status, 200);
    await eventually(
      async () => ((await call("old", second.stdout.trim())).status === 401 ? true : undefined),
      "the old secret's end",
    );
    assert.deepEqual(
      Object.keys(third).filter((name) => name.includes("hash")),
      [],
      "no hash leaves the store",
    );
    await here(["keys", "revoke", id]);
    const gone = await here(["keys", "rotate", id]);
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /is revoked; make a new one/);
  });

  test("refuses what a key cannot be with exit code 2", async () => {
    for (const args of [
      ["create", "x", "--models", ""],
      ["create", "x", "--models", "two words"],
      ["create", "x", "--expires", "soon"],
      ["create", "x", "--expires", "0s"],
      ["rotate", "key_1", "--grace", "1y"],
      ["rotate", "key_1", "--grace", "31d"],
    ])
      assert.equal((await here(["keys", ...args])).code, 2, args.join(" "));
  });

  test("refuses a name that cannot be with exit code 2", async () => {
    assert.equal((await here(["keys", "create", ""])).code, 2);
    assert.equal((await here(["keys", "create", "x", "--environment", "NOT GOOD"])).code, 2);
  });
});

describe("flywheel logs", () => {
  test("lists the newest last, filters, and shows one whole", async () => {
    const ids = [];
    for (const word of ["alpha", "beta", "gamma"]) ids.push((await call(`${word} zebra`)).id);
    for (const id of ids) await stored(id);
    const listed = lines<GenerationSummary>((await here(["logs", "--json", "-n", "2"])).stdout);
    assert.deepEqual(
      listed.map(({ id }) => id),
      ids.slice(1),
    );
    const plain = await here(["logs", "-n", "3"]);
    assert.match(plain.stdout, /^\d\d:\d\d:\d\d {2}local\/spark {2}200 .*→.* tok {2}\$0 {2}gen_/m);
    const found = lines<GenerationSummary>((await here(["logs", "--json", "--search", "beta zebra"])).stdout);
    assert.deepEqual(
      found.map(({ id }) => id),
      [ids[1]],
    );
    assert.equal((await here(["logs", "--json", "--status", "interrupted"])).stdout, "");
    assert.equal(
      lines((await here(["logs", "--json", "--provider", "local", "--model", "spark"])).stdout).length >= 3,
      true,
    );

    const one = lines<GenerationDetail>((await here(["logs", ids[1]!, "--json"])).stdout)[0]!;
    const shown = (await here(["logs", ids[1]!])).stdout;
    assert.match(shown, /\n\nattempts\n {2}local\/spark {2}200 {2}\d+ ms\n {4}asked first in order\n/);
    assert.equal(one.messages[0]!.text, "beta zebra");
    assert.match((await here(["logs", ids[1]!])).stdout, /\nuser\n {2}beta zebra\n\nassistant\n {2}/);
  });

  test("follows: a new row is printed, and Ctrl-C ends it with exit code 0", async () => {
    const following = startCommand(["logs", "-f", "--json", "-n", "1", "--data", server.dataDir, "--cwd", projectDir]);
    await eventually(async () => following.stdout().includes("\n") || undefined, "the last row");
    const { id } = await call("while following");
    await eventually(async () => following.stdout().includes(id) || undefined, "the new row");
    following.child.kill("SIGINT");
    const { code, stdout, stderr } = await following.ended;
    assert.equal(code, 0, stderr);
    assert.equal(stdout.split(id).length, 2, "printed once");
  });

  test("ends quietly when its reader does", async () => {
    await stored((await call("one more")).id);
    const following = startCommand(["logs", "-f", "-n", "5", "--data", server.dataDir, "--cwd", projectDir]);
    following.child.stdout!.once("data", () => following.child.stdout!.destroy());
    const timer = setInterval(() => void call("to be printed"), 500);
    const { code, stderr } = await following.ended;
    clearInterval(timer);
    assert.equal(code, 0);
    assert.equal(stderr, "");
  });

  test("says what is wrong with a question: usage 2, nothing found 1", async () => {
    for (const args of [
      ["-n", "0"],
      ["-n", "many"],
      ["--status", "great"],
    ]) {
      const { code, stderr } = await here(["logs", ...args]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, /^flywheel: [^\n]+\n$/);
    }
    const { code, stderr } = await here(["logs", "gen_nothing"]);
    assert.equal(code, 1);
    assert.match(stderr, /There is no generation gen_nothing/);
  });

  test("opens the store itself where no server runs", async () => {
    const dataDir = join(temporaryFolder(), "data");
    const empty = await run(["logs", "--data", dataDir, "--cwd", projectDir]);
    assert.equal(empty.code, 0, empty.stderr);
    assert.equal(empty.stdout, "");
    assert.match(empty.stderr, /No generations yet/);
  });
});

describe("flywheel replay", () => {
  test("asks again what a generation asked, past the cache, and shows both answers", async () => {
    const [first] = lines<{ generation: string }>((await here(["chat", "I lost my card", "--json"])).stdout);
    await stored(first!.generation);
    const { code, stdout, stderr } = await here(["replay", first!.generation, "--json"]);
    assert.equal(code, 0, stderr);
    const [both] = lines<Record<"original" | "replay", GenerationDetail>>(stdout);
    assert.equal(both!.original.id, first!.generation);
    assert.notEqual(both!.replay.id, first!.generation);
    assert.equal(both!.replay.input_text, both!.original.input_text);
    assert.equal(both!.replay.cache_status, "off");
    const shown = await here(["replay", first!.generation, "--model", "local/spark"]);
    assert.match(shown.stdout, /^then {2}.*\n[^]*^now {3}.*local\/spark/m);
  });

  test("ends with 1 where the other model cannot answer, and says so", async () => {
    const [first] = lines<{ generation: string }>((await here(["chat", "Hello", "--json"])).stdout);
    await stored(first!.generation);
    const missing = await here(["replay", first!.generation, "--model", "local/sprak"]);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /local\/spark/);
    assert.equal((await here(["replay", "gen_none"])).code, 1);
  });
});

describe("flywheel chat", () => {
  type Message = { role: string; content: string };

  test("answers one prompt on stdout, and with --json as one line", async () => {
    const { code, stdout, stderr } = await here(["chat", "I lost my card"]);
    assert.equal(code, 0, stderr);
    assert.ok(stdout.trim().length > 0);
    const [answer] = lines<{ model: string; text: string; generation: string }>(
      (await here(["chat", "-m", "local/spark", "I lost my card", "--json"])).stdout,
    );
    assert.equal(answer!.model, "local/spark");
    assert.equal((await stored(answer!.generation)).output_text, answer!.text);
  });

  test("holds a conversation with a pipe, each line an answer that knows what was said", async () => {
    const { code, stdout, stderr } = await here(["chat", "--json"], { input: "I lost my card\n\nThank you\n" });
    assert.equal(code, 0, stderr);
    const answers = lines<{ generation: string; text: string }>(stdout);
    assert.equal(answers.length, 2);
    const second = await stored(answers[1]!.generation);
    assert.deepEqual(
      second.messages.map(({ role, text }) => [role, text]),
      [
        ["user", "I lost my card"],
        ["assistant", answers[0]!.text],
        ["user", "Thank you"],
      ],
    );
  });

  test("takes the model before the prompt, and what is piped after it", async () => {
    const named = await here(["chat", "local/spark", "I lost my card", "--json"]);
    assert.equal(lines<{ model: string }>(named.stdout)[0]!.model, "local/spark", named.stderr);
    const piped = await here(["chat", "Summarise:", "--json", "-s", "Be brief."], { input: "line one\nline two\n" });
    const [answer] = lines<{ generation: string; usage: { completion_tokens: number } }>(piped.stdout);
    assert.ok(answer!.usage.completion_tokens > 0);
    assert.deepEqual(
      (await stored(answer!.generation)).messages.map(({ role, text }) => [role, text]),
      [
        ["system", "Be brief."],
        ["user", "Summarise:\n\nline one\nline two"],
      ],
    );
    const route = await here(["chat", "fast", "--json"], { input: "hello\n" });
    assert.equal(lines<{ model: string }>(route.stdout)[0]!.model, "fast", route.stderr);
    assert.equal((await here(["chat", "fast", "hi", "-m", "default"])).code, 2);
  });

  test("talks on a terminal: turns, commands, a history for the next time", async (context) => {
    if (spawnSync("script", ["--version"]).error) return context.skip("no script(1) here");
    const saved = join(temporaryFolder(), "talk.json");
    const terminal = openTerminal(["chat", "local/spark", "--data", server.dataDir, "--cwd", projectDir]);
    await terminal.shows("local/spark> ");
    await terminal.type("I lost my card\r", /local\/spark> (?![^]*I lost)/);
    await terminal.type("Thank you\r", "local/spark> ");
    await terminal.type("/model fast\r", "fast> ");
    await terminal.type("/model\r", "local/spark\r\n");
    await terminal.type("/nonsense\r", "There is no /nonsense.");
    await terminal.type(`/save ${saved}\r`, "saved in");
    await terminal.type("/clear\r", "fast> ");
    await terminal.type("\u001b[A\u001b[A\u001b[A\u001b[A", "/model");
    await terminal.type("\u0015/exit\r");
    assert.equal(await terminal.ended, 0);
    const { model, messages } = JSON.parse(readFileSync(saved, "utf8")) as { model: string; messages: Message[] };
    assert.equal(model, "fast");
    assert.deepEqual(
      messages.map(({ role }) => role),
      ["user", "assistant", "user", "assistant"],
    );
    const history = join(server.dataDir, "chat-history");
    assert.match(readFileSync(history, "utf8"), /^I lost my card\nThank you\n/);
    assert.equal(statSync(history).mode & 0o777, 0o600);
  });

  test("stops an answer with Ctrl-C and goes on; a second Ctrl-C ends", async (context) => {
    if (spawnSync("script", ["--version"]).error) return context.skip("no script(1) here");
    const terminal = openTerminal(["chat", "scripted/endless", "--data", server.dataDir, "--cwd", projectDir]);
    await terminal.shows("scripted/endless> ");
    await terminal.type("go on\r", "card card ");
    await terminal.type("\u0003", "(stopped)");
    await terminal.shows("scripted/endless> ");
    await eventually(async () => upstream.seen[0]?.aborted || undefined, "the provider to be let go");
    await terminal.type("\u0003");
    assert.equal(await terminal.ended, 0);
  });

  test("says why there is no answer: no server, no such model, no such key", async () => {
    const alone = await run(["chat", "hi", "--data", temporaryFolder(), "--cwd", projectDir]);
    assert.equal(alone.code, 1);
    assert.match(alone.stderr, /No server runs.*flywheel dev/);
    const model = await here(["chat", "-m", "local/sprak", "hi"]);
    assert.equal(model.code, 1);
    assert.match(model.stderr, /local\/spark/);
    assert.equal((await here(["chat", "-m", "local/sprak"], { input: "hi\n" })).code, 1);
    assert.equal((await here(["chat", "hi"], { env: { FLYWHEEL_KEY: "fw_dev_nobody" } })).code, 3);
  });
});

describe("the command line", () => {
  const COMMANDS = [
    "dev",
    "start",
    "chat",
    "replay",
    "seed",
    "logs",
    "keys list",
    "keys create",
    "keys rotate",
    "keys revoke",
    "doctor",
  ];
  test("explains every command with examples", async () => {
    const all = await run(["--help"]);
    assert.equal(all.code, 0);
    for (const command of COMMANDS) {
      assert.match(all.stdout, new RegExp(`^ +${command.split(" ")[0]}\\b`, "m"));
      const { code, stdout } = await run([...command.split(" "), "--help"]);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`Examples:\\n {2}flywheel ${command}`));
    }
    assert.match((await run(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  test("answers a wrong use with one hint and exit code 2", async () => {
    const wrong: [args: string[], hint: RegExp][] = [
      [["lgos"], /Did you mean logs\?/],
      [["keys", "crate"], /Did you mean create\?/],
      [["logs", "--serch", "x"], /Did you mean --search\?/],
      [["keys", "create"], /missing required argument/],
      [["dev", "--port", "none"], /--port must be a whole number/],
      [["dev", "--port", "70000"], /--port must be a whole number/],
      [["start", "--workers", "0"], /--workers must be a whole number/],
      [["dev", "--cwd", "/nowhere/at/all"], /is not a folder/],
    ];
    for (const [args, hint] of wrong) {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, hint);
      assert.equal(stdout, "");
    }
  });

  test("answers a configuration that does not load with exit code 3, naming the place", async () => {
    const dir = temporaryFolder("project");
    writeFileSync(join(dir, "flywheel.config.ts"), "export default {\n  durability: 'maybe',\n};\n");
    const { code, stderr } = await run(["dev", "--port", "0", "--cwd", dir]);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /flywheel\.config\.ts.*durability/);
  });

  test("works in the folder npm was called from", async () => {
    const dir = temporaryFolder("called from");
    mkdirSync(join(dir, "project"));
    // The running log store adds and takes away files while others are copied; the keys are not in it.
    const isOfTheLogs = (path: string) => path.startsWith(join(server.dataDir, "logs"));
    cpSync(server.dataDir, join(dir, "project", ".flywheel"), {
      recursive: true,
      filter: (path) => !isOfTheLogs(path),
    });
    rmSync(join(dir, "project", ".flywheel", "run.json"));
    const { code, stdout, stderr } = await run(["keys", "list", "--cwd", "project"], {
      env: { INIT_CWD: dir },
      cwd: "/",
    });
    assert.equal(code, 0, stderr);
    assert.match(stdout, / dev\n/);
  });
});
