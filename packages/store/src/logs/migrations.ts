import { readdirSync, readFileSync } from "node:fs";
import type { ClickHouseClient } from "@clickhouse/client";
import { FlywheelError } from "@flywheel/protocol";

/** One file of `migrations/`: forward only, every statement harmless when run again. */
interface Migration {
  version: number;
  name: string;
  statements: string[];
}

const FOLDER = new URL("./migrations/", import.meta.url);

function readMigrations(engine: string): Migration[] {
  return readdirSync(FOLDER)
    .filter((file) => /^\d{4}-.+\.sql$/.test(file))
    .toSorted()
    .map((file) => ({
      version: Number(file.slice(0, 4)),
      name: file.slice(5, -4),
      statements: readFileSync(new URL(file, FOLDER), "utf8")
        .replaceAll("{engine}", engine)
        .split(/;\s*$/m)
        .map((sql) => sql.trim())
        .filter(Boolean),
    }));
}

/**
 * Bring a database up to date. `server` has no database, `client` has it by default. Two processes may do so at once:
 * what both run is harmless twice. Throws `conflict` where a newer Flywheel has been here.
 */
export async function migrate(
  server: ClickHouseClient,
  client: ClickHouseClient,
  database: string,
  engine: string,
): Promise<void> {
  // Our own, because in an embedded engine the default database is of a kind that lacks features.
  await server.command({
    query: "CREATE DATABASE IF NOT EXISTS {database:Identifier} ENGINE = Atomic",
    query_params: { database },
  });
  await client.command({
    query: `CREATE TABLE IF NOT EXISTS migrations (version UInt32, name String, applied DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = ${engine} ORDER BY version`,
  });
  const result = await client.query({ query: "SELECT DISTINCT version FROM migrations", format: "JSONEachRow" });
  const applied = new Set((await result.json<{ version: number }>()).map(({ version }) => version));
  const migrations = readMigrations(engine);
  const newest = migrations.at(-1)!.version;
  for (const version of applied)
    if (version > newest)
      throw new FlywheelError("conflict", {
        reason: `The log store was upgraded by a newer Flywheel (its schema is ${version}, ours ${newest}).`,
      });
  for (const { version, name, statements } of migrations) {
    if (applied.has(version)) continue;
    for (const query of statements) await client.command({ query });
    await client.insert({ table: "migrations", values: [{ version, name }], format: "JSONEachRow" });
  }
}
