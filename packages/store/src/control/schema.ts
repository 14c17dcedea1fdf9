import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** The tables of the control store, as Kysely sees them. JSON is text, time is epoch milliseconds. */
export interface ControlSchema {
  projects: { id: string; name: string; created: number };
  keys: {
    id: string;
    hash: string;
    prefix: string;
    name: string;
    project: string;
    environment: string;
    scopes: string;
    models: string;
    origins: string;
    created: number;
    expires: number | null;
    rotated: number | null;
    previous_hash: string | null;
    previous_expires: number | null;
    revoked: number | null;
  };
  saved_requests: { id: string; name: string; body: string; created: number; updated: number };
  saved_filters: { name: string; filter: string; updated: number };
  datasets: { name: string; version: number; id: string; created: number; manifest: string };
  promotions: {
    id: string;
    route: string;
    model: string;
    previous: string;
    created: number;
    evidence: string;
    rollback_of: string | null;
  };
  trials: { id: string; created: number; plan: string; salt: string };
  trial_endings: { trial: string; ended: number; ending: string };
  settings: { name: string; value: string };
}

/** Forward only: a migration that has been released is never edited, a new one is added. Portable column types only. */
export const MIGRATIONS: Record<string, Migration> = {
  "0001-keys-and-settings": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("projects")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("created", "bigint", (column) => column.notNull())
        .execute();
      await db.schema
        .createTable("keys")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("hash", "text", (column) => column.notNull().unique())
        .addColumn("prefix", "text", (column) => column.notNull())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("project", "text", (column) => column.notNull().references("projects.id"))
        .addColumn("environment", "text", (column) => column.notNull())
        .addColumn("scopes", "text", (column) => column.notNull())
        .addColumn("created", "bigint", (column) => column.notNull())
        .addColumn("revoked", "bigint")
        .execute();
      await db.schema
        .createTable("settings")
        .addColumn("name", "text", (column) => column.primaryKey())
        .addColumn("value", "text", (column) => column.notNull())
        .execute();
    },
  },
  "0002-key-models-and-rotation": {
    async up(db: Kysely<unknown>): Promise<void> {
      const keys = db.schema.alterTable("keys");
      await keys.addColumn("models", "text", (column) => column.notNull().defaultTo("[]")).execute();
      await keys.addColumn("expires", "bigint").execute();
      await keys.addColumn("rotated", "bigint").execute();
      await keys.addColumn("previous_hash", "text").execute();
      await keys.addColumn("previous_expires", "bigint").execute();
    },
  },
  "0003-saved-requests": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("saved_requests")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("body", "text", (column) => column.notNull())
        .addColumn("created", "bigint", (column) => column.notNull())
        .addColumn("updated", "bigint", (column) => column.notNull())
        .execute();
    },
  },
  "0004-saved-filters": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("saved_filters")
        .addColumn("name", "text", (column) => column.primaryKey())
        .addColumn("filter", "text", (column) => column.notNull())
        .addColumn("updated", "bigint", (column) => column.notNull())
        .execute();
    },
  },
  "0005-key-origins": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .alterTable("keys")
        .addColumn("origins", "text", (column) => column.notNull().defaultTo("[]"))
        .execute();
    },
  },
  "0006-datasets": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("datasets")
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("version", "integer", (column) => column.notNull())
        .addColumn("id", "text", (column) => column.notNull())
        .addColumn("created", "bigint", (column) => column.notNull())
        .addColumn("manifest", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("datasets_key", ["name", "version"])
        .execute();
    },
  },
  "0007-promotions": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("promotions")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("route", "text", (column) => column.notNull())
        .addColumn("model", "text", (column) => column.notNull())
        .addColumn("previous", "text", (column) => column.notNull())
        .addColumn("created", "bigint", (column) => column.notNull())
        .addColumn("evidence", "text", (column) => column.notNull())
        .addColumn("rollback_of", "text")
        .execute();
    },
  },
  "0009-trials": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable("trials")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("created", "bigint", (column) => column.notNull())
        .addColumn("plan", "text", (column) => column.notNull())
        .addColumn("salt", "text", (column) => column.notNull())
        .execute();
      await db.schema
        .createTable("trial_endings")
        .addColumn("trial", "text", (column) => column.primaryKey().references("trials.id"))
        .addColumn("ended", "bigint", (column) => column.notNull())
        .addColumn("ending", "text", (column) => column.notNull())
        .execute();
    },
  },
};
