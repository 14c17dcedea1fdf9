import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { damagedFiles, isFolderLocked } from "@flywheel/server";
import { attempt, bad, type Check, type Finding, notable, well } from "./finding.ts";

export const dataFolder: Check = ({ place: { dataDir } }) =>
  attempt("data folder", "Give yourself the folder (chown), use --data <folder>, or see docs/guide/trouble.md.", () => {
    if (!existsSync(dataDir)) return `${dataDir} will be made on first start`;
    for (const folder of [
      dataDir,
      ...["wal", "rejects", "logs"].map((name) => join(dataDir, name)).filter(existsSync),
    ]) {
      if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
      accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    }
    return isFolderLocked(dataDir) ? `${dataDir} (in use by a server)` : dataDir;
  });

/** Secrets and locks are made anew where they are gone; the others hold what cannot be. */
const FIXES: Record<string, string> = {
  "control.db": "Bring it back from a copy; or move it away, and make new keys with `flywheel keys create`.",
  "ingest.db": "Bring it back from a copy; moved away, rows of the last hour may be stored twice.",
};

export const damage: Check = ({ place: { dataDir } }) => {
  if (!isFolder(dataDir)) return [];
  return damagedFiles(dataDir).map(({ file, reason }) =>
    bad("damaged file", `${join(dataDir, file)}: ${reason}`, FIXES[file] ?? "Delete it: it is made anew."),
  );
};

const MOST_AHEAD_MS = 60_000;

/** Ids and rows are sorted by time: a clock that was put back hides new rows behind old ones. */
export const clock: Check = ({ place: { dataDir } }) => {
  if (!isFolder(dataDir)) return [];
  const ahead = newest(dataDir) - Date.now();
  const now = new Date().toISOString();
  if (ahead < MOST_AHEAD_MS) return [well("clock", now)];
  const minutes = Math.round(ahead / 60_000).toLocaleString("en-US");
  const found = `${now}, but files in the data folder were written ${minutes} minutes later`;
  return [bad("clock", found, "Set this machine's clock (timedatectl set-ntp true); rows are sorted by time.")];
};

function newest(dataDir: string): number {
  const names = [
    "run.json",
    "control.db",
    "ingest.db",
    ...namesIn(join(dataDir, "wal")).map((name) => join("wal", name)),
  ];
  return Math.max(0, ...names.map((name) => statSync(join(dataDir, name), { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

/** What a server that is not running would have to do; a running one is asked itself. */
export const waiting: Check = ({ place: { dataDir }, running }): Finding[] => {
  if (running || !isFolder(dataDir)) return [];
  const rejects = namesIn(join(dataDir, "rejects")).filter((name) => name.endsWith(".json")).length;
  if (rejects === 0) return [];
  const found = `${rejects} ${rejects === 1 ? "generation" : "generations"} could not become rows`;
  return [notable("rejects", found, `Read the \`reason\` in ${join(dataDir, "rejects")}; nothing else is held up.`)];
};

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
