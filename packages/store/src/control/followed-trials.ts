import type { Trial } from "@flywheel/protocol";
import { follow, type Followed } from "./followed.ts";
import type { ControlSchema } from "./schema.ts";
import { trialOfRow } from "./trials.ts";

/** With what decides who gets the candidate; it is told to nobody else. */
export type SaltedTrial = Trial & { salt: string };

/** The trials that run, as a gateway worker knows them. */
export function followTrials(path: string): Followed<SaltedTrial[]> {
  return follow(path, (database) => {
    const rows = database.prepare("SELECT * FROM trials WHERE id NOT IN (SELECT trial FROM trial_endings) ORDER BY id").all() as unknown as ControlSchema["trials"][]; // prettier-ignore
    return rows.map(({ salt, ...row }) => ({ ...trialOfRow({ ...row, ended: null, ending: null }), salt }));
  });
}
