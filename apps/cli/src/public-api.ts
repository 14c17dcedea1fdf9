import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FlywheelError } from "@flywheel/protocol";
import { runningServer } from "./connect.ts";
import type { Place } from "./place.ts";

/** The API that every client uses, and the key to use it with. */
export interface PublicApi {
  /** `http://localhost:4400/v1` */
  url: string;
  key: string;
}

/**
 * The running server's public API. The key is `FLYWHEEL_KEY`, or else the one that `flywheel dev` made.
 * Throws `conflict` where no server runs, `config_invalid` where there is no key.
 */
export async function publicApi(place: Place): Promise<PublicApi> {
  const server = await runningServer(place.dataDir);
  if (!server?.base_url)
    throw new FlywheelError("conflict", {
      reason: "No server runs on this data folder. Start one with `flywheel dev`.",
    });
  return { url: server.base_url, key: keyOf(place) };
}

function keyOf({ env, dataDir }: Place): string {
  const file = join(dataDir, "dev.key");
  const key = env["FLYWHEEL_KEY"] ?? (existsSync(file) ? readFileSync(file, "utf8").trim() : "");
  if (key) return key;
  throw new FlywheelError("config_invalid", {
    reason: "Set FLYWHEEL_KEY to a key; `flywheel keys create <name>` makes one.",
  });
}
