import assert from "node:assert/strict";
import { mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { controlStoreConformance } from "./conformance.ts";
import { followKeys } from "./key-cache.ts";
import { hashSecret, newSecret } from "./secret.ts";
import { openControlStore } from "./sqlite.ts";

const newPath = () => join(mkdtempSync(join(tmpdir(), "flywheel-control-")), "control.db");

controlStoreConformance("SQLite", () => openControlStore(newPath()));

test("a second open keeps what the first one wrote, and the file is private", async () => {
  const path = newPath();
  const first = await openControlStore(path);
  const { key } = await first.createKey({ name: "kept" });
  await first.close();
  const second = await openControlStore(path);
  assert.deepEqual((await second.listKeys())[0], key);
  await second.close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("a file that is no database is refused with its path", async () => {
  const path = newPath();
  writeFileSync(path, "this was never a database, and it is long enough to be read as a header of one".repeat(20));
  await assert.rejects(openControlStore(path), (error: Error) => error.message.includes(path));
});

test("a key made or revoked by another connection is followed", async () => {
  const path = newPath();
  const control = await openControlStore(path);
  const cache = followKeys(path, 10);
  const { key, secret } = await control.createKey({ name: "late" });
  while (!cache.resolve(hashSecret(secret))) await sleep(10);
  await control.revokeKey(key.id);
  while (cache.resolve(hashSecret(secret))) await sleep(10);
  cache.close();
  await control.close();
});

test("a rotated key's old secret works until its time is up, and an expired key not at all", async () => {
  const path = newPath();
  const control = await openControlStore(path);
  const cache = followKeys(path, 10);
  const { key, secret } = await control.createKey({ name: "backend" });
  const { secret: second } = await control.rotateKey(key.id, { graceMs: 60_000 });
  assert.equal(cache.resolve(hashSecret(second))!.id, key.id);
  assert.equal(cache.resolve(hashSecret(secret))!.id, key.id, "the old one still works");
  const { secret: third } = await control.rotateKey(key.id, { graceMs: 0 });
  assert.equal(cache.resolve(hashSecret(third))!.id, key.id);
  assert.equal(cache.resolve(hashSecret(second)), undefined, "no grace was given");
  while (cache.resolve(hashSecret(secret))) await sleep(10);
  const short = await control.createKey({ name: "short", expires: Date.now() + 200 });
  assert.equal(cache.resolve(hashSecret(short.secret))!.id, short.key.id);
  while (cache.resolve(hashSecret(short.secret))) await sleep(10);
  cache.close();
  await control.close();
});

test("secrets are letters and digits after a readable prefix, and never repeat", () => {
  const secrets = new Set(Array.from({ length: 1000 }, () => newSecret("development")));
  assert.equal(secrets.size, 1000);
  for (const secret of secrets) assert.match(secret, /^fw_dev_[0-9A-Za-z]{43}$/);
});
