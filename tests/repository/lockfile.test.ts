import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

interface Locked {
  version: string;
  link?: boolean;
  integrity?: string;
  resolved?: string;
  license?: string;
  os?: string | string[];
  cpu?: string | string[];
  libc?: string | string[];
  hasInstallScript?: boolean;
  optionalDependencies?: Record<string, string>;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, Locked> };

/** Packages of others: what npm fetches. */
const fetched = Object.entries(lock.packages).filter(([path, { link }]) => path.includes("node_modules/") && !link);
const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);

const TARGETS = [
  { os: "linux", cpu: "x64", libc: "glibc" },
  { os: "linux", cpu: "arm64", libc: "glibc" },
  { os: "darwin", cpu: "x64", libc: undefined },
  { os: "darwin", cpu: "arm64", libc: undefined },
];

/** npm's rule: nothing named means everything fits. */
function fits(named: string | string[] | undefined, wanted: string | undefined): boolean {
  return named === undefined || wanted === undefined || [named].flat().includes(wanted);
}

/** The locked builds of a package for one platform each, found by what it depends on optionally. */
function buildsOf({ optionalDependencies = {} }: Locked): Locked[] {
  return Object.entries(optionalDependencies).flatMap(([name, wanted]) =>
    fetched
      .filter(([path, { version, os }]) => nameOf(path) === name && os && (version === wanted || !/^\d/.test(wanted)))
      .map(([, build]) => build),
  );
}

/** Each has one package per platform. (A single one, as `fsevents`, only makes something faster.) */
const families = Object.entries(lock.packages).filter(([, locked]) => buildsOf(locked).length > 1);

describe("every native package", () => {
  test("is among those found by their builds", () => {
    const names = families.map(([path]) => nameOf(path) || "the root");
    for (const name of ["chdb", "node-llama-cpp", "rolldown", "oxlint", "oxfmt", "typescript", "lightningcss"]) {
      assert.ok(names.includes(name), `${name} is not among ${names.join(", ")}`);
    }
  });

  for (const [path, locked] of families) {
    for (const { os, cpu, libc } of TARGETS) {
      test(`${nameOf(path) || "the root (Node itself)"} has a build for ${os} on ${cpu}`, () => {
        const found = buildsOf(locked).some(
          (build) => fits(build.os, os) && fits(build.cpu, cpu) && fits(build.libc, libc),
        );
        assert.ok(found);
      });
    }
  }
});

describe("installing", () => {
  test("runs no script of a package", () => {
    assert.match(read(".npmrc"), /^ignore-scripts=true$/m);
    // Both only look for their platform package, which npm has installed by then, or would compile one.
    const scripts = fetched.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path));
    assert.deepEqual(scripts, ["chdb", "node-llama-cpp"]);
  });

  test("names no registry", () => {
    const resolved = Object.values(lock.packages).map((locked) => locked.resolved ?? "");
    assert.deepEqual(
      resolved.filter((address) => address.includes(":")),
      [],
    );
    assert.match(read(".npmrc"), /^omit-lockfile-registry-resolved=true$/m);
    assert.doesNotMatch(read(".npmrc"), /registry=|\/\//);
  });

  test("checks every package against its hash, but three", () => {
    const unchecked = fetched.filter(([, { integrity }]) => !integrity).map(([path]) => nameOf(path));
    // See docs/decisions/2026-11-22-native-packages.md.
    assert.deepEqual(unchecked, ["@chdb/lib-darwin-arm64", "@chdb/lib-darwin-x64", "@chdb/lib-linux-arm64-gnu"]);
  });

  test("takes the exact version that each package.json names", () => {
    for (const path of globSync("{,packages/*/,apps/*/}package.json", { cwd: ROOT })) {
      const { dependencies, devDependencies, optionalDependencies, overrides } = JSON.parse(read(path));
      const wanted = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies, ...overrides });
      const loose = wanted.filter(
        ([, version]) => !/^(?:npm:[@\w/-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(String(version)),
      );
      assert.deepEqual(loose, [], path);
    }
  });

  test("takes only packages whose licence lets anyone use them for anything", () => {
    const PERMISSIVE = [
      "Apache-2.0",
      "MIT",
      "ISC",
      "BSD-2-Clause",
      "BSD-3-Clause",
      "BlueOak-1.0.0",
      "0BSD",
      "Unlicense",
    ];
    // MPL-2.0 binds changes to its own files; these are unchanged tools for building and testing.
    const UNCHANGED_TOOLS = /^(?:axe-core|lightningcss(?:-.*)?)$/;
    const allowed = (license: string) =>
      license
        .replace(/[()]/g, "")
        .split(" OR ")
        .some((one) => PERMISSIVE.includes(one));
    const others = fetched
      .map(([path, { license = "none" }]) => ({ name: nameOf(path), license }))
      .filter(({ name, license }) => !allowed(license) && !(license === "MPL-2.0" && UNCHANGED_TOOLS.test(name)));
    assert.deepEqual(others, []);
  });
});
