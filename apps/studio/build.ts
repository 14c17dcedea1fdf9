import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { dirname, join, resolve } from "node:path";

const ROOT = import.meta.dirname;
/** A draft untouched for this long, in milliseconds, was left by a builder that was killed. */
const ABANDONED = 60_000;
const PROTOCOL = join(findPackageJSON("@flywheel/protocol", import.meta.url)!, "../src");

/**
 * Builds the studio into `outDir`: `index.html` and hashed files under `assets/`, made to be served under `/studio/`
 * (any other path there gets `index.html`). Where `outDir` exists nothing is done, so name it by {@link studioHash}.
 * The build is made beside it and renamed, so a reader never sees half of one and concurrent builders do no harm.
 */
export async function buildStudio({ outDir }: { outDir: string }): Promise<void> {
  if (existsSync(outDir)) return;
  const target = resolve(outDir);
  await mkdir(dirname(target), { recursive: true });
  await sweepDrafts(dirname(target));
  const draft = await mkdtemp(`${target}.draft-`);
  try {
    await bundle(draft);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
}

async function sweepDrafts(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => name.includes(".draft-")).map((name) => join(folder, name));
  for (const draft of drafts) {
    const made = await stat(draft).catch(() => null);
    if (made && Date.now() - made.mtimeMs > ABANDONED) await rm(draft, { recursive: true, force: true });
  }
}

/** Names a build by what goes into it: our sources and the versions installed of what they import. Takes milliseconds. */
export async function studioHash(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of [
    join(ROOT, "index.html"),
    join(ROOT, "build.ts"),
    ...(await sources(join(ROOT, "src"))),
    ...(await sources(PROTOCOL)),
  ]) {
    hash.update(`${file.slice(ROOT.length)}\0`).update(await readFile(file));
  }
  for (const name of await dependencies()) {
    const { version } = JSON.parse(await readFile(findPackageJSON(name, import.meta.url)!, "utf8")) as {
      version: string;
    };
    hash.update(`${name}@${version}\0`);
  }
  return hash.digest("hex").slice(0, 16);
}

async function sources(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  return files
    .filter((file) => /(?<!\.test)\.(?:tsx?|css)$/.test(file))
    .sort()
    .map((file) => join(folder, file));
}

async function dependencies(): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  return Object.keys(manifest.dependencies).sort();
}

async function bundle(outDir: string): Promise<void> {
  const { build } = await import("vite");
  await build({
    root: ROOT,
    base: "/studio/",
    mode: "production",
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: "error",
    // Whatever NODE_ENV the server runs under, the page gets React's production build.
    define: { "process.env.NODE_ENV": '"production"' },
    oxc: { jsx: { runtime: "automatic", development: false } },
    build: {
      outDir,
      emptyOutDir: true,
      sourcemap: false,
      target: ["chrome125", "firefox128", "safari17.5"],
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 1000,
    },
  });
}

if (import.meta.main) await buildStudio({ outDir: process.argv[2]! });
