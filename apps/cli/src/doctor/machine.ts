import { existsSync, statfsSync } from "node:fs";
import { freePort } from "@flywheel/server";
import { attempt, bad, type Check, type Finding, well } from "./finding.ts";

export const runtime: Check = () =>
  attempt("node", "Run `npm ci` in the clone: it brings the Node that Flywheel runs on.", () => {
    if (Number.parseInt(process.versions.node, 10) < 26) throw new Error(`${process.version} is too old`);
    return process.version;
  });

/** A server at rest takes about this much; one that runs already has it. */
const NEEDED_BYTES = 600e6;
const NEEDED_RUNNING_BYTES = 100e6;

export const memory: Check = ({ running }) => [memoryFinding(process.availableMemory(), running !== undefined)];

/** @param available bytes that could still be had, a container's limit considered */
export function memoryFinding(available: number, isRunning: boolean): Finding {
  const found = `${(available / 1e9).toFixed(1)} GB available`;
  if (available >= (isRunning ? NEEDED_RUNNING_BYTES : NEEDED_BYTES)) return well("memory", found);
  const fix =
    "End what takes it, or give the container more: Flywheel takes about 0.6 GB at rest, local models theirs.";
  return bad("memory", found, fix);
}

const MIN_FREE_BYTES = 1 << 30;

export const diskSpace: Check = ({ place: { dataDir, projectDir } }) =>
  attempt("disk", "Free some space: under 64 MB no call is accepted, since it could not be recorded.", () => {
    const { bavail, bsize, files, ffree } = statfsSync(existsSync(dataDir) ? dataDir : projectDir);
    const found = `${((bavail * bsize) / 1e9).toFixed(1)} GB free`;
    if (bavail * bsize < MIN_FREE_BYTES) throw new Error(found);
    // Some file systems have no such number, and say 0.
    if (files > 0 && ffree < 1000) throw new Error(`${found}, but room for ${ffree} more files only`);
    return found;
  });

export const port: Check = ({ place, running }) =>
  attempt("port", "Use --port <another> (0 finds one).", async () => {
    if (running) return `the server answers at ${running.base_url}`;
    await freePort("127.0.0.1", place.port);
    return place.port === 0 ? "any free one" : `${place.port} is free`;
  });
