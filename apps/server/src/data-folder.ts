import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { FlywheelError } from "@flywheel/protocol";
import { newSecret } from "@flywheel/store/keys";

/** Where everything of one installation lives. Nothing outside this folder is written. */
export interface DataFolder {
  path: string;
  wal: string;
  eventsWal: string;
  rejects: string;
  logs: string;
  /** What the log store's process printed in its latest life. */
  logStoreOutput: string;
  control: string;
  datasets: string;
  ingestJournal: string;
  eventsJournal: string;
  studio: string;
  devKeyFile: string;
}

/** What a running supervisor leaves for commands to find it. */
export interface RunFile {
  pid: number;
  /** The control API, straight to the server process. */
  control_url: string;
  /** The public address, with `/v1`; "" where no gateway was asked for. */
  base_url: string;
  started: number;
}

/** Make (where needed) and describe the data folder at `path`; only its owner may look inside. Throws `data_folder`. */
export function openDataFolder(path: string): DataFolder {
  const folder: DataFolder = {
    path,
    wal: join(path, "wal"),
    eventsWal: join(path, "wal", "events"),
    rejects: join(path, "rejects"),
    logs: join(path, "logs"),
    logStoreOutput: join(path, "logstore.log"),
    control: join(path, "control.db"),
    datasets: join(path, "datasets"),
    ingestJournal: join(path, "ingest.db"),
    eventsJournal: join(path, "ingest-events.db"),
    studio: join(path, "studio"),
    devKeyFile: join(path, "dev.key"),
  };
  try {
    for (const each of [folder.path, folder.wal, folder.rejects, folder.logs]) {
      mkdirSync(each, { recursive: true, mode: 0o700 });
      accessSync(each, constants.R_OK | constants.W_OK | constants.X_OK);
    }
    chmodSync(path, 0o700);
  } catch (error) {
    throw unusable(path, (error as Error).message, error);
  }
  return folder;
}

export function unusable(path: string, reason: string, cause?: unknown): FlywheelError {
  return new FlywheelError("data_folder", { path, reason }, { cause });
}

/** The key of `flywheel dev`, made once and stable across restarts. */
export function devKey(folder: DataFolder): string {
  return keepSecret(folder.devKeyFile, () => newSecret("development"));
}

/** A new dev key in place of one that was revoked. */
export function renewDevKey(folder: DataFolder): string {
  rmSync(folder.devKeyFile, { force: true });
  return devKey(folder);
}

/** The token that opens the studio, stable across restarts so that a bookmark keeps working. */
export function studioToken(folder: DataFolder): string {
  return keepSecret(join(folder.path, "studio.token"), () => newSecret("studio"));
}

/** Signs generation tokens, stable across restarts so that a page left open can still tell. */
export function eventSecret(folder: DataFolder): string {
  return keepSecret(join(folder.path, "events.secret"), () => newSecret("events"));
}

/** Whether a text could be a key or a token of ours. */
export const isSecret = (text: string): boolean => /^fw_[a-z0-9]+_[A-Za-z0-9]+$/.test(text);

function keepSecret(path: string, make: () => string): string {
  const kept = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  if (isSecret(kept)) return kept;
  if (kept)
    throw unusable(dirname(path), `${basename(path)} does not hold a secret of ours; delete it to get a new one`);
  const secret = make();
  writeWhole(path, `${secret}\n`);
  return secret;
}

export function writeRunFile(folder: DataFolder, run: RunFile): void {
  writeWhole(join(folder.path, "run.json"), JSON.stringify(run));
}

export function readRunFile(dataDir: string): RunFile | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, "run.json"), "utf8")) as RunFile;
  } catch {
    return undefined;
  }
}

export function removeRunFile(folder: DataFolder): void {
  rmSync(join(folder.path, "run.json"), { force: true });
}

/** A reader sees the old file or the new one, never half of one. */
function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, path);
}
