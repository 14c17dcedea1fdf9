import { newId, type Promotion } from "@flywheel/protocol";
import type { Kysely } from "kysely";
import type { ControlStore } from "./control-store.ts";
import type { ControlSchema } from "./schema.ts";

/** Which model is in front of which route; rows are only added. */
export function promotions(db: Kysely<ControlSchema>): Pick<ControlStore, "listPromotions" | "addPromotion"> {
  return {
    async listPromotions() {
      const rows = await db.selectFrom("promotions").selectAll().orderBy("id").execute();
      return rows.map(promotionOfRow);
    },
    addPromotion: (made) => addPromotion(db, made),
  };
}

export async function addPromotion(
  db: Kysely<ControlSchema>,
  made: Omit<Promotion, "id" | "created">,
): Promise<Promotion> {
  const promotion: Promotion = { ...made, id: newId("promo"), created: Date.now() };
  await db
    .insertInto("promotions")
    .values({ ...promotion, evidence: JSON.stringify(promotion.evidence) })
    .execute();
  return promotion;
}

export function promotionOfRow(row: ControlSchema["promotions"]): Promotion {
  return { ...row, evidence: JSON.parse(row.evidence) as Promotion["evidence"] };
}
