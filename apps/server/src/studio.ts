import { fork } from "node:child_process";
import { createReadStream, existsSync, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { FlywheelError } from "@flywheel/protocol";
import { studioHash } from "@flywheel/studio";
import { cacheFolder } from "./cache-folder.ts";
import { checkMethod, decodePart, sendError, splitUrl } from "./control-api.ts";

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
 * The studio's files. They are built by a process of its own (the bundler would stay in memory here), into
 * a folder named by the hash of their sources: in the clone where it can be written, else in the data folder.
 */
export function studio(fallbackDir: string) {
  let preparing: Promise<string> | undefined;

  /** Gives the folder of the files. A build that failed is tried again with the next request. */
  function prepare(): Promise<string> {
    preparing ??= built(fallbackDir).catch((error: unknown) => {
      preparing = undefined;
      throw new FlywheelError("internal", { reason: `The studio could not be built: ${(error as Error).message}` });
    });
    return preparing;
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    Promise.try(async () => {
      checkMethod(request, ["GET", "HEAD"]);
      const relative = decodePart(splitUrl(request.url!).path.replace(/^\/studio\/?/, ""));
      await sendFile(request, response, fileFor(await prepare(), relative));
    }).catch((error: unknown) => sendError(response, error));
  }

  return { handle, prepare };
}

async function built(fallbackDir: string): Promise<string> {
  const target = join(cacheFolder("flywheel-studio", fallbackDir), await studioHash());
  if (!existsSync(join(target, "index.html"))) await build(target);
  return target;
}

function build(outDir: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("./studio-build-process.ts", import.meta.url)), [outDir], {
      stdio: ["ignore", "ignore", 2, "ipc"],
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`the build ended with exit code ${code}`)),
    );
  });
}

/** Any path that is not a file is a page of the app, which reads the path itself. */
function fileFor(root: string, relative: string): string {
  const path = join(root, normalize(relative));
  const inside = path.startsWith(root + sep) && !path.includes("\0");
  return inside && statSync(path, { throwIfNoEntry: false })?.isFile() ? path : join(root, "index.html");
}

async function sendFile(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const { size } = await stat(path);
  const hashed = path.includes(`${sep}assets${sep}`);
  response.writeHead(200, {
    "content-type": TYPES[extname(path)] ?? "application/octet-stream",
    "content-length": size,
    "cache-control": hashed ? "public, max-age=31536000, immutable" : "no-cache",
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
  });
  if (request.method === "HEAD") response.end();
  else await pipeline(createReadStream(path), response);
}
