import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { damageOf } from "@flywheel/store/keys";
import { isSecret } from "./data-folder.ts";

const DATABASES = ["control.db", "ingest.db", "run.lock", "children.lock"];
const SECRETS = ["dev.key", "studio.token"];

/** Files of a data folder that do not hold what they should, and why. Nothing is made or changed. */
export function damagedFiles(dataDir: string): { file: string; reason: string }[] {
  const databases = DATABASES.map((file) => ({ file, reason: look(dataDir, file, damageOf) }));
  const secrets = SECRETS.map((file) => ({ file, reason: look(dataDir, file, secretDamage) }));
  return [...databases, ...secrets].filter((one): one is { file: string; reason: string } => one.reason !== undefined);
}

function look(dataDir: string, file: string, damage: (path: string) => string | undefined): string | undefined {
  const path = join(dataDir, file);
  return existsSync(path) ? damage(path) : undefined;
}

function secretDamage(path: string): string | undefined {
  const text = readFileSync(path, "utf8").trim();
  return text === "" || isSecret(text) ? undefined : "it does not hold a secret of ours";
}
