import type { Dataset } from "@flywheel/protocol";
import type { Kysely } from "kysely";
import type { ControlStore } from "./control-store.ts";
import type { ControlSchema } from "./schema.ts";

/** What datasets there are; their rows are files. */
export function datasets(db: Kysely<ControlSchema>): Pick<ControlStore, "listDatasets" | "addDataset"> {
  return {
    async listDatasets() {
      const rows = await db
        .selectFrom("datasets")
        .select("manifest")
        .orderBy("created", "desc")
        .orderBy("version", "desc")
        .execute();
      return rows.map(({ manifest }) => JSON.parse(manifest) as Dataset);
    },
    addDataset(made) {
      return db.transaction().execute(async (transaction) => {
        const latest = await transaction
          .selectFrom("datasets")
          .select(["id", "version", "manifest"])
          .where("name", "=", made.name)
          .orderBy("version", "desc")
          .executeTakeFirst();
        if (latest?.id === made.id) return { dataset: JSON.parse(latest.manifest) as Dataset, fresh: false };
        const dataset: Dataset = { ...made, version: (latest?.version ?? 0) + 1 };
        const { name, version, id, created } = dataset;
        await transaction
          .insertInto("datasets")
          .values({ name, version, id, created, manifest: JSON.stringify(dataset) })
          .execute();
        return { dataset, fresh: true };
      });
    },
  };
}
