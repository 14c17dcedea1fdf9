import { fork } from "node:child_process";
import { accessSync, constants, createReadStream, existsSync, mkdirSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { studioHash } from "@flywheel/studio";

const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".json": "application/json",
};

/**
 * The studio's files. They are built on first use by a process of its own (the bundler would stay in memory here), into
 * a folder named by the hash of their sources: in the clone where it can be written, else in the data folder.
 */
export function studio(fallbackDir: string) {
  let root: string | undefined;
  let failure: string | undefined;

  async function prepare(): Promise<void> {
    const target = join(cacheFolder(fallbackDir), await studioHash());
    if (!existsSync(join(target, "index.html"))) await build(target);
    root = target;
  }
  const ready = prepare().catch((error: unknown) => {
    failure = error instanceof Error ? error.message : String(error);
  });

  function handle(request: IncomingMessage, response: ServerResponse): void {
    void ready.then(() => {
      if (root === undefined) return sendText(response, 500, `The studio could not be built: ${failure ?? "unknown"}`);
      sendFile(response, fileFor(root, request.url!.split("?", 1)[0]!));
    });
  }

  return { handle, ready };
}

function build(outDir: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("./studio-build-process.ts", import.meta.url)), [outDir], {
      stdio: ["ignore", "ignore", 2, "ipc"],
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`the build ended with exit code ${code}`))));
  });
}

function cacheFolder(fallbackDir: string): string {
  const modules = fileURLToPath(new URL("../../../node_modules", import.meta.url));
  const preferred = join(modules, ".cache", "flywheel-studio");
  try {
    accessSync(dirname(dirname(preferred)), constants.W_OK);
    mkdirSync(preferred, { recursive: true });
    return preferred;
  } catch {
    return fallbackDir;
  }
}

/** Any path that is not a file is a page of the app, which reads the path itself. */
function fileFor(root: string, pathname: string): string {
  const path = join(root, normalize(decoded(pathname).replace(/^\/studio\/?/, "")));
  const inside = path.startsWith(root + sep);
  return inside && existsSync(path) && statSync(path).isFile() ? path : join(root, "index.html");
}

/** A path that is not decodable names no file. */
function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return "";
  }
}

function sendFile(response: ServerResponse, path: string): void {
  const hashed = path.includes(`${sep}assets${sep}`);
  response.writeHead(200, {
    "content-type": TYPES[extname(path)] ?? "application/octet-stream",
    "content-length": statSync(path).size,
    "cache-control": hashed ? "public, max-age=31536000, immutable" : "no-cache",
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
  });
  createReadStream(path).pipe(response);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(`${text}\n`);
}
