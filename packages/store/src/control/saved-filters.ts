import { FlywheelError, type SavedFilter } from "@flywheel/protocol";
import type { Kysely } from "kysely";
import type { ControlStore } from "./control-store.ts";
import type { ControlSchema } from "./schema.ts";

type Row = ControlSchema["saved_filters"];

/** The filters of the list of generations that somebody gave a name. */
export function savedFilters(
  db: Kysely<ControlSchema>,
): Pick<ControlStore, "listFilters" | "saveFilter" | "deleteFilter"> {
  return {
    async listFilters() {
      const rows = await db.selectFrom("saved_filters").selectAll().orderBy("name").execute();
      return rows.map(filterOfRow);
    },
    async saveFilter({ name, filter }) {
      const changes = { filter: JSON.stringify(filter), updated: Date.now() };
      const row = await db
        .insertInto("saved_filters")
        .values({ name, ...changes })
        .onConflict((conflict) => conflict.column("name").doUpdateSet(changes))
        .returningAll()
        .executeTakeFirstOrThrow();
      return filterOfRow(row);
    },
    async deleteFilter(name) {
      const row = await db.deleteFrom("saved_filters").where("name", "=", name).returningAll().executeTakeFirst();
      if (!row) throw new FlywheelError("not_found", { path: `saved filter ${name}` });
      return filterOfRow(row);
    },
  };
}

function filterOfRow(row: Row): SavedFilter {
  return { ...row, filter: JSON.parse(row.filter) as SavedFilter["filter"] };
}
