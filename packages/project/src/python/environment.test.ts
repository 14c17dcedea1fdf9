import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { makeTrainerPython, trainerPython } from "./environment.ts";

let began = 0;

function make(
  dataDir: string,
  env: Record<string, string>,
  requirements: string,
  signal = new AbortController().signal,
) {
  began = 0;
  return makeTrainerPython({ dataDir, env, requirements, signal, onBegin: () => began++ });
}

/** A path with a Python that writes down what it is asked for, makes environments of itself, and installs as `pip` says. */
function machine(t: TestContext, { isNew = true, pip = "exit 0" } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "flywheel-environment-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "path"));
  const python = join(folder, "path", "python3");
  const made = `mkdir -p "$3/bin" && cp "$0" "$3/bin/python"`;
  writeFileSync(
    python,
    `#!/bin/sh\necho "$*" >> ${folder}/asked\nenv >> ${folder}/env\ncase "$2" in venv) ${made};; pip) ${pip};; *) exit ${isNew ? 0 : 1};; esac\n`,
  );
  chmodSync(python, 0o755);
  const requirements = join(folder, "requirements.txt");
  writeFileSync(requirements, "jax==1\n");
  return { folder, requirements, env: { PATH: `${join(folder, "path")}:/bin:/usr/bin`, OPENAI_API_KEY: "sk-secret" } };
}

describe("the trainer's Python", () => {
  test("is made once, of what the list pins by hash, without any key in its environment", async (t) => {
    const { folder, requirements, env } = machine(t);
    equal(trainerPython(folder, requirements), undefined);
    const { python, bytes, seconds } = await make(folder, env, requirements);
    equal(trainerPython(folder, requirements), python);
    ok(bytes > 100 && seconds > 0 && began === 1);
    const asked = readFileSync(join(folder, "asked"), "utf8").trim().split("\n");
    const install = `-m pip install --no-input --disable-pip-version-check --only-binary :all: --require-hashes -r ${requirements}`; // prettier-ignore
    deepEqual(asked.slice(1), [`-m venv ${join(folder, "python/trainer")}`, install]);
    ok(!readFileSync(join(folder, "env"), "utf8").includes("sk-secret"));
  });

  test("counts no more once the list is another", async (t) => {
    const { folder, requirements, env } = machine(t);
    await make(folder, env, requirements);
    writeFileSync(requirements, "jax==2\n");
    equal(trainerPython(folder, requirements), undefined);
  });

  test("is not there where pip failed, whose last word is told", async (t) => {
    const { folder, requirements, env } = machine(t, { pip: 'echo "ERROR: hashes do not match" >&2; exit 1' });
    const code = { code: "config_invalid", message: /could not be made: ERROR: hashes do not match/ };
    await rejects(make(folder, env, requirements), code);
    equal(trainerPython(folder, requirements), undefined);
  });

  test("cannot be made of an old Python, or of none", async (t) => {
    const { folder, requirements, env } = machine(t, { isNew: false });
    const refused = { code: "config_invalid", message: /needs Python 3\.11 or newer/ };
    const nowhere = { PATH: join(folder, "nowhere") };
    await rejects(make(folder, { ...env, PATH: join(folder, "path") }, requirements), refused);
    equal(began, 0);
    await rejects(make(folder, nowhere, requirements), refused);
  });

  test("is not made any further once a person stops it", async (t) => {
    const { folder, requirements, env } = machine(t, { pip: "exec sleep 60" });
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 500);
    await rejects(make(folder, env, requirements, stop.signal), /enough/);
    equal(trainerPython(folder, requirements), undefined);
  });
});
