import { FlywheelError, newId, type SavedRequest } from "@flywheel/protocol";
import type { Kysely } from "kysely";
import type { ControlStore } from "./control-store.ts";
import type { ControlSchema } from "./schema.ts";

type Row = ControlSchema["saved_requests"];

/** The playground's requests that somebody gave a name. */
export function savedRequests(
  db: Kysely<ControlSchema>,
): Pick<ControlStore, "listRequests" | "saveRequest" | "deleteRequest"> {
  return {
    async listRequests() {
      const rows = await db.selectFrom("saved_requests").selectAll().orderBy("updated", "desc").execute();
      return rows.map(requestOfRow);
    },
    async saveRequest({ id, name, body }) {
      const changes = { name, body: JSON.stringify(body), updated: Date.now() };
      const row =
        id === undefined
          ? await db
              .insertInto("saved_requests")
              .values({ id: newId("saved"), created: changes.updated, ...changes })
              .returningAll()
              .executeTakeFirst()
          : await db.updateTable("saved_requests").set(changes).where("id", "=", id).returningAll().executeTakeFirst();
      return requestOfRow(row ?? nothingAt(id!));
    },
    async deleteRequest(id) {
      const row = await db.deleteFrom("saved_requests").where("id", "=", id).returningAll().executeTakeFirst();
      return requestOfRow(row ?? nothingAt(id));
    },
  };
}

function requestOfRow(row: Row): SavedRequest {
  return { ...row, body: JSON.parse(row.body) as SavedRequest["body"] };
}

function nothingAt(id: string): never {
  throw new FlywheelError("not_found", { path: `saved request ${id}` });
}
