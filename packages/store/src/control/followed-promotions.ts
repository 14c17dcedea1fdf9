import type { Promotion } from "@flywheel/protocol";
import { follow, type Followed } from "./followed.ts";
import { promotionOfRow } from "./promotions.ts";
import type { ControlSchema } from "./schema.ts";

export type { Followed };

/** Every promotion, oldest first, as a gateway worker knows them. */
export function followPromotions(path: string): Followed<Promotion[]> {
  return follow(path, (database) => {
    const rows = database.prepare("SELECT * FROM promotions ORDER BY id").all() as unknown as ControlSchema["promotions"][]; // prettier-ignore
    return rows.map((row) => promotionOfRow({ ...row }));
  });
}
