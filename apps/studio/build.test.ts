import { equal, match, ok } from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { buildStudio, studioHash } from "./build.ts";

/** What a first visit may load, gzipped. */
const FIRST_LOAD_BYTES = 350_000;

let folder: string;
let outDir: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "studio-build-"));
  outDir = join(folder, await studioHash());
  const abandoned = `${outDir}.draft-killed`;
  await mkdir(abandoned);
  await utimes(abandoned, 0, 0);
  await Promise.all([buildStudio({ outDir }), buildStudio({ outDir })]);
});
after(() => rm(folder, { recursive: true }));

const files = async (): Promise<string[]> =>
  (await readdir(outDir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test("two builders at once leave one whole build and nothing else, not even what a killed one left", async () => {
  equal((await readdir(folder)).join(), await studioHash());
  ok((await files()).includes(join(outDir, "index.html")));
});

test("the name of a build is the same until its sources change", async () => {
  match(await studioHash(), /^[0-9a-f]{16}$/);
  equal(await studioHash(), await studioHash());
});

/** The files that the page asks for before it has shown anything: those it names, and what they import. */
async function firstLoad(): Promise<Set<string>> {
  const assets = new Set(await files());
  const loaded = new Set<string>([join(outDir, "index.html")]);
  for (const file of loaded) {
    if (file.endsWith(".css")) continue;
    const text = await readFile(file, "utf8");
    const names = file.endsWith(".html")
      ? text.matchAll(/(?:src|href)="\/studio\/([^"]+)"/g)
      : text.matchAll(/(?:from|import)"\.\/([^"]+)"/g);
    for (const [, name] of names) {
      const path = file.endsWith(".html") ? join(outDir, name!) : join(outDir, "assets", name!);
      ok(assets.has(path), path);
      loaded.add(path);
    }
  }
  return loaded;
}

test("a first visit loads at most 350 kB, and no page that one has not opened", async (context) => {
  let bytes = 0;
  const loaded = await firstLoad();
  for (const file of loaded) bytes += gzipSync(await readFile(file)).length;
  context.diagnostic(`${bytes} bytes gzipped`);
  ok(bytes <= FIRST_LOAD_BYTES, `${bytes} bytes`);
  ok(bytes > 80_000, "React is among it");
  for (const page of ["ModelsPage", "PlaygroundPage", "KeysPage"]) {
    const [file] = (await files()).filter((name) => name.includes(`/${page}-`) && name.endsWith(".js"));
    ok(file && !loaded.has(file), page);
  }
});

test("the page runs under its content security policy: nothing inline, nothing from elsewhere, no source maps", async () => {
  const html = await readFile(join(outDir, "index.html"), "utf8");
  ok(!/<script(?![^>]*\ssrc="\/studio\/)|<style|\sstyle=|\son\w+=/.test(html), html);
  for (const file of await files()) {
    const text = await readFile(file, "utf8");
    ok(!file.endsWith(".map") && !text.includes("sourceMappingURL="), file);
    ok(!/(?:src|href|url\(|@import)\s*[=(]?\s*["']?https?:/.test(text), file);
  }
});

test("the page carries React's production build", async () => {
  const scripts = await Promise.all(
    (await files()).filter((file) => file.endsWith(".js")).map((file) => readFile(file, "utf8")),
  );
  ok(scripts.some((script) => script.includes("react.dev/errors/")));
  ok(!scripts.some((script) => script.includes("jsxDEV") || script.includes("Download the React DevTools")));
});
