import { existsSync } from "node:fs";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { inflate } from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";

/**
 * Starts a headless Chromium from the npm package `@sparticuz/chromium`, which needs nothing from the system: its own
 * libraries and fonts are used where the machine has none. Close it when done. Linux x64; elsewhere
 * name one of your own in `CHROMIUM_PATH`.
 */
export async function launchBrowser(): Promise<Browser> {
  const args = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--font-render-hinting=none"];
  const own = process.env["CHROMIUM_PATH"];
  if (own) return chromium.launch({ executablePath: own, args });
  const folder = await unpackedChromium();
  const env = {
    ...process.env,
    HOME: folder,
    LD_LIBRARY_PATH: join(folder, "al2023/lib"),
    FONTCONFIG_FILE: join(folder, "fonts.conf"),
  };
  return chromium.launch({ executablePath: join(folder, "chromium"), args, env });
}

/** Unpacks the browser once per version and user; concurrent callers each unpack, and the first to rename wins. */
async function unpackedChromium(): Promise<string> {
  const bin = new URL("../bin/", import.meta.resolve("@sparticuz/chromium"));
  const { version } = JSON.parse(await readFile(new URL("../package.json", bin), "utf8")) as {
    version: string;
  };
  const folder = join(tmpdir(), `flywheel-chromium-${version}-${userInfo().uid}`);
  if (existsSync(folder)) return folder;
  const draft = await mkdtemp(`${folder}-`);
  await unpack(bin, draft);
  await writeFile(join(draft, "fonts.conf"), fontsConf(folder));
  await rename(draft, folder).catch(() => rm(draft, { recursive: true }));
  return folder;
}

/** `inflate` writes to `os.tmpdir()`, which follows TMPDIR: point it at our folder while it runs. */
async function unpack(bin: URL, folder: string): Promise<void> {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  try {
    const archives = ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"];
    await Promise.all(archives.map((name) => inflate(new URL(name, bin).pathname)));
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

/** The machine's fonts where it has some, and the package's, whose own configuration names folders of another system. */
function fontsConf(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`;
}
