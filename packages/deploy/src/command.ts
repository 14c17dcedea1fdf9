import type { Command, Promotion, PromotionList } from "@flywheel/protocol";
import { trialCommands } from "./trials/command.ts";

/** `flywheel promotions`, `flywheel rollback`, `flywheel trial …` */
export const promotionCommands: Command[] = [
  {
    usage: "promotions",
    summary: "list which models were put in front of which routes",
    examples: ["flywheel promotions", "flywheel promotions --json"],
    async run({ api, out, note, json }) {
      const { data } = await (await api()).get<PromotionList>("/api/promotions");
      for (const promotion of data) out(json ? JSON.stringify(promotion) : promotionLine(promotion));
      if (data.length === 0) note("Nothing was promoted yet. `flywheel promote local/… --route default` does.");
    },
  },
  {
    usage: "rollback <route>",
    summary: "put back in front of a route what was there before its last promotion",
    examples: ["flywheel rollback default"],
    async run({ api, out, json }, [route]) {
      const path = `/api/promotions/${encodeURIComponent(route!)}/rollback`;
      const promotion = await (await api()).post<Promotion>(path, {});
      out(json ? JSON.stringify(promotion) : promotionLine(promotion));
    },
  },
  ...trialCommands,
];

/** One line for people. */
export function promotionLine({ route, model, previous, created, rollback_of }: Promotion): string {
  const when = new Date(created).toISOString().slice(0, 16).replace("T", " ");
  return `${when}  ${route}: ${model} in place of ${previous}${rollback_of === null ? "" : "  (rollback)"}`;
}
