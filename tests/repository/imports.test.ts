import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Files that break one rule each: where, with what, and the rule that must object. */
const VIOLATIONS: [path: string, source: string, rule: string][] = [
  ["packages/gateway/src/a.ts", `export * from "@flywheel/store/wal";`, "flywheel(imports)"],
  ["packages/gateway/src/b.ts", `export const load = () => import("@flywheel/store/logs");`, "flywheel(imports)"],
  ["packages/gateway/src/c.ts", `export type A = import("@flywheel/server").A;`, "flywheel(imports)"],
  ["packages/gateway/src/d.ts", `export { record } from "../../store/src/wal/index.ts";`, "flywheel(imports)"],
  ["packages/gateway/src/e.ts", `export const ask = () => fetch("http://127.0.0.1");`, "eslint(no-restricted-globals)"],
  [
    "packages/providers/src/a.ts",
    `export const ask = () => globalThis.fetch("x");`,
    "eslint(no-restricted-properties)",
  ],
  ["packages/providers/src/b.ts", `export * from "@flywheel/store/wal";`, "flywheel(imports)"],
  ["packages/guard/src/a.ts", `export * from "@flywheel/project";`, "flywheel(imports)"],
  ["packages/guard/src/b.ts", `export * from "@flywheel/gateway";`, "flywheel(imports)"],
  ["packages/guard/src/c.ts", `export { spawn } from "node:child_process";`, "flywheel(imports)"],
  ["packages/guard/src/d.ts", `export const home = process.env["HOME"];`, "eslint(no-restricted-properties)"],
  ["packages/guard/src/e.ts", `export { env } from "node:process";`, "flywheel(imports)"],
  ["packages/guard/src/f.ts", `export { Kysely } from "kysely";`, "flywheel(imports)"],
  ["packages/project/src/a.ts", `export * from "@flywheel/local";`, "flywheel(imports)"],
  ["packages/protocol/src/a.ts", `export * from "flywheel";`, "flywheel(imports)"],
  ["packages/framework/src/a.ts", `export * from "@flywheel/protocol";`, "flywheel(imports)"],
  ["packages/local/src/a.ts", `export * from "@flywheel/studio";`, "flywheel(imports)"],
  ["apps/studio/src/a.ts", `export * from "@flywheel/store/logs";`, "flywheel(imports)"],
  ["apps/server/src/a.ts", `export * from "@flywheel/cli";`, "flywheel(imports)"],
  ["packages/schema/src/a.ts", `export * from "@flywheel/providers";`, "flywheel(imports)"],
  ["packages/events/src/a.ts", `export * from "@flywheel/protocol";`, "flywheel(imports)"],
  ["packages/evals/src/a.ts", `export * from "@flywheel/tuning/dataset";`, "flywheel(imports)"],
  ["packages/tuning/src/a.ts", `export * from "@flywheel/gateway";`, "flywheel(imports)"],
  ["packages/deploy/src/a.ts", `export * from "@flywheel/tuning/dataset";`, "flywheel(imports)"],
  ["packages/store/src/a.ts", `export const a: any = 1;`, "typescript(no-explicit-any)"],
];

const ALLOWED: [path: string, source: string][] = [
  ["packages/gateway/src/fine.ts", `export * from "@flywheel/providers";\nexport * from "@flywheel/protocol";`],
  ["packages/project/src/fine.ts", `export * from "flywheel";\nexport { spawn } from "node:child_process";`],
  ["packages/store/src/logs/fine.ts", `export * from "../control/fine.ts";\nexport { Kysely } from "kysely";`],
  ["packages/store/src/fine.test.ts", `import { spawn } from "node:child_process";\nspawn(process.env["X"] ?? "");`],
  ["apps/server/src/fine.ts", `export * from "@flywheel/store/wal";\nexport const home = process.env["HOME"];`],
  ["apps/cli/src/fine.ts", `export * from "@flywheel/server";`],
];

interface Diagnostic {
  code: string;
  filename: string;
}

const folder = mkdtempSync(join(tmpdir(), "flywheel-lint-"));
let diagnostics: Diagnostic[];

before(async () => {
  cpSync(join(ROOT, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
  cpSync(join(ROOT, "tests/repository/imports.ts"), join(folder, "tests/repository/imports.ts"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  for (const [path, source] of [...VIOLATIONS, ...ALLOWED]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${source}\n`);
  }
  const lint = join(ROOT, "node_modules/.bin/oxlint");
  const output = await new Promise<string>((resolve) =>
    execFile(lint, ["-f", "json", "packages", "apps"], { cwd: folder }, (_, stdout) => resolve(stdout)),
  );
  ({ diagnostics } = JSON.parse(output) as { diagnostics: Diagnostic[] });
});
after(() => rmSync(folder, { recursive: true }));

describe("the linter", () => {
  for (const [path, source, rule] of VIOLATIONS) {
    test(`refuses ${source} in ${path}`, () => {
      const codes = diagnostics.filter(({ filename }) => filename.endsWith(path)).map(({ code }) => code);
      assert.ok(codes.includes(rule), `objections: ${codes.join(", ") || "none"}`);
    });
  }

  test("allows what points down and what has its place", () => {
    assert.deepEqual(
      diagnostics.filter(({ filename }) => filename.includes("fine")),
      [],
    );
  });

  test("is tried on every package there is", () => {
    const tried = VIOLATIONS.map(([path]) => path.split("/")[1]);
    assert.deepEqual(
      readdirSync(join(ROOT, "packages")).filter((name) => !tried.includes(name)),
      [],
    );
  });
});
