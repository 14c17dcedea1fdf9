import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { FlywheelError, type CreateKey, isPublishable, type Key, newId, PLAIN_KEY } from "@flywheel/protocol";
import { Kysely, SqliteDialect, type SqliteDatabase } from "kysely";
import { Migrator } from "kysely/migration";
import type { ControlStore } from "./control-store.ts";
import { datasets } from "./datasets.ts";
import { keyOfRow } from "./key-row.ts";
import { promotions } from "./promotions.ts";
import { savedFilters } from "./saved-filters.ts";
import { savedRequests } from "./saved-requests.ts";
import { type ControlSchema, MIGRATIONS } from "./schema.ts";
import { hashSecret, newSecret } from "./secret.ts";
import { trials } from "./trials.ts";

/** Where every key lives until projects can be made. */
const DEFAULT_PROJECT = "default";

/**
 * Open (and where needed make or migrate) the SQLite control store at `path`.
 * Throws `conflict` where the file is not a control store or is damaged.
 */
export async function openControlStore(path: string): Promise<ControlStore> {
  const db = new Kysely<ControlSchema>({ dialect: new SqliteDialect({ database: openDatabase(path) }) });
  try {
    await migrate(db);
    await db
      .insertInto("projects")
      .values({ id: DEFAULT_PROJECT, name: "Default", created: Date.now() })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  } catch (cause) {
    await db.destroy();
    throw damaged(path, cause);
  }
  return controlStore(db);
}

function openDatabase(path: string): SqliteDatabase {
  try {
    const database = new DatabaseSync(path, { timeout: 5000 });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
    chmodSync(path, 0o600);
    return {
      close: () => database.close(),
      prepare: (sql) => {
        const statement = database.prepare(sql);
        const values = (parameters: readonly unknown[]) => parameters as (string | number | null)[];
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...values(parameters)),
          run: (parameters) => statement.run(...values(parameters)),
          iterate: (parameters) => statement.iterate(...values(parameters)),
        };
      },
    };
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function damaged(path: string, cause: unknown): FlywheelError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FlywheelError("conflict", { reason: `The control store ${path} cannot be opened: ${reason}` }, { cause });
}

async function migrate(db: Kysely<ControlSchema>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

function controlStore(db: Kysely<ControlSchema>): ControlStore {
  async function insertKey(secret: string, input: CreateKey): Promise<Key> {
    const key: Key = {
      ...PLAIN_KEY,
      id: newId("key"),
      hash: hashSecret(secret),
      prefix: prefixOf(secret),
      name: input.name,
      project: DEFAULT_PROJECT,
      environment: input.environment ?? "production",
      scopes: input.scopes ?? ["inference"],
      models: input.models ?? [],
      origins: input.origins ?? [],
      created: Date.now(),
      expires: input.expires ?? null,
    };
    await db
      .insertInto("keys")
      .values({
        ...key,
        scopes: JSON.stringify(key.scopes),
        models: JSON.stringify(key.models),
        origins: JSON.stringify(key.origins),
      })
      .execute();
    return key;
  }

  return {
    async listKeys() {
      const rows = await db.selectFrom("keys").selectAll().orderBy("id").execute();
      return rows.map(keyOfRow);
    },
    async createKey(input) {
      const publishable = isPublishable(input.scopes ?? ["inference"]);
      const secret = newSecret(publishable ? "pub" : (input.environment ?? "production"));
      return { key: await insertKey(secret, input), secret };
    },
    async ensureKey(secret, input) {
      const hash = hashSecret(secret);
      const row = await db
        .selectFrom("keys")
        .selectAll()
        .where((where) => where.or([where("hash", "=", hash), where("previous_hash", "=", hash)]))
        .executeTakeFirst();
      return row ? keyOfRow(row) : insertKey(secret, input);
    },
    async rotateKey(id, { graceMs, expires }) {
      const now = Date.now();
      const row = await db.selectFrom("keys").selectAll().where("id", "=", id).executeTakeFirst();
      if (!row) throw new FlywheelError("not_found", { path: `key ${id}` });
      checkAlive(row, expires, now);
      const secret = newSecret(isPublishable(JSON.parse(row.scopes)) ? "pub" : row.environment);
      const changed = await db
        .updateTable("keys")
        .set({
          hash: hashSecret(secret),
          prefix: prefixOf(secret),
          rotated: now,
          previous_hash: row.hash,
          previous_expires: now + graceMs,
          ...(expires !== undefined && { expires }),
        })
        // Of two who rotate at once, one is told that the other was first.
        .where("id", "=", id)
        .where("hash", "=", row.hash)
        .returningAll()
        .executeTakeFirst();
      if (!changed) throw new FlywheelError("conflict", { reason: `The key ${id} was just rotated by someone else.` });
      return { key: keyOfRow(changed), secret };
    },
    async revokeKey(id) {
      const row = await db
        .updateTable("keys")
        .set((expression) => ({ revoked: expression.fn.coalesce("revoked", expression.val(Date.now())) }))
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirst();
      if (!row) throw new FlywheelError("not_found", { path: `key ${id}` });
      return keyOfRow(row);
    },
    async getSetting(name) {
      const row = await db.selectFrom("settings").select("value").where("name", "=", name).executeTakeFirst();
      return row?.value;
    },
    async setSetting(name, value) {
      await db
        .insertInto("settings")
        .values({ name, value })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
        .execute();
    },
    ...savedRequests(db),
    ...savedFilters(db),
    ...datasets(db),
    ...promotions(db),
    ...trials(db),
    close: () => db.destroy(),
  };
}

/** The part of a secret that lists show. */
function prefixOf(secret: string): string {
  return secret.slice(0, secret.lastIndexOf("_") + 5);
}

function checkAlive(row: ControlSchema["keys"], expires: number | undefined, now: number): void {
  const gone = row.revoked !== null ? "revoked" : (expires ?? row.expires ?? now + 1) <= now ? "expired" : "";
  if (gone) throw new FlywheelError("conflict", { reason: `The key ${row.id} is ${gone}; make a new one.` });
}
