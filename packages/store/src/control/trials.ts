import { randomBytes } from "node:crypto";
import { FlywheelError, newId, type Trial, type TrialEnding, type TrialPlan } from "@flywheel/protocol";
import type { Kysely } from "kysely";
import type { ControlStore } from "./control-store.ts";
import { addPromotion } from "./promotions.ts";
import type { ControlSchema } from "./schema.ts";

/** Candidates under trial; a row where one begins, a row where it ends. */
export function trials(db: Kysely<ControlSchema>): Pick<ControlStore, "listTrials" | "addTrial" | "endTrial"> {
  const find = (on: Kysely<ControlSchema>) =>
    on
      .selectFrom("trials")
      .leftJoin("trial_endings", "trial_endings.trial", "trials.id")
      .select(["id", "created", "plan", "ended", "ending"])
      .orderBy("id");
  return {
    async listTrials() {
      return (await find(db).execute()).map(trialOfRow);
    },
    addTrial(plan) {
      return db.transaction().execute(async (transaction) => {
        const running = (await find(transaction).where("ended", "is", null).execute()).map(trialOfRow);
        const other = running.find(({ route }) => route === plan.route);
        if (other) throw new FlywheelError("conflict", { reason: `${other.candidate} is on trial on ${plan.route} already (${other.id}).` }); // prettier-ignore
        const row = { id: newId("trial"), created: Date.now(), plan: JSON.stringify(plan) };
        await transaction
          .insertInto("trials")
          .values({ ...row, salt: randomBytes(16).toString("base64url") })
          .execute();
        return trialOfRow({ ...row, ended: null, ending: null });
      });
    },
    endTrial(id, ending) {
      return db.transaction().execute(async (transaction) => {
        const row = await find(transaction).where("id", "=", id).executeTakeFirst();
        if (!row) throw new FlywheelError("not_found", { path: `trial ${id}` });
        const trial = trialOfRow(row);
        if (trial.ended !== null) throw new FlywheelError("conflict", { reason: `The trial ${id} has ended: ${trial.outcome}.` }); // prettier-ignore
        const { route, candidate: model, baseline: previous } = trial;
        const { outcome, evidence } = ending;
        const promotion = outcome !== "promoted" ? null : await addPromotion(transaction, { route, model, previous, evidence, rollback_of: null }); // prettier-ignore
        const kept: KeptEnding = { ...ending, promotion: promotion?.id ?? null };
        const ended = Date.now();
        await transaction
          .insertInto("trial_endings")
          .values({ trial: id, ended, ending: JSON.stringify(kept) })
          .execute();
        return { ...trial, ended, ...kept };
      });
    },
  };
}

type KeptEnding = TrialEnding & Pick<Trial, "promotion">;

const RUNNING = { ended: null, outcome: null, reason: "", evidence: null, promotion: null } as const;

export type TrialRow = Omit<ControlSchema["trials"], "salt"> & { ended: number | null; ending: string | null };

export function trialOfRow({ id, created, plan, ended, ending }: TrialRow): Trial {
  const kept = ending === null ? RUNNING : { ended, ...(JSON.parse(ending) as KeptEnding) };
  return { id, created, ...(JSON.parse(plan) as TrialPlan), ...kept };
}
