import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { FlywheelError } from "@flywheel/protocol";

/**
 * Writes a file of ours, all of it or nothing. Returns whether that changed anything.
 *
 * @param head what such a file begins with; one that begins otherwise is someone else's
 * @throws FlywheelError `conflict` where it is
 */
export function writeOwnFile(path: string, text: string, head = ""): boolean {
  const before = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  if (before?.startsWith(head) === false)
    throw new FlywheelError("conflict", {
      reason: `${path} was not written by this command; name another with --out.`,
    });
  if (before === text) return false;
  const written = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(written, text);
    renameSync(written, path);
    return true;
  } catch (error) {
    rmSync(written, { force: true });
    throw error;
  }
}
