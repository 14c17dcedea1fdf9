import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControlStore } from "./control-store.ts";
import { hashSecret } from "./secret.ts";

/** What every control store must do. `open` gives an empty one. */
export function controlStoreConformance(name: string, open: () => Promise<ControlStore>): void {
  test(`${name}: a created key can be found by the hash of its secret, which is not stored`, async () => {
    const control = await open();
    const { key, secret } = await control.createKey({ name: "backend" });
    const [stored] = await control.listKeys();
    assert.equal(stored!.hash, hashSecret(secret));
    assert.ok(secret.startsWith(key.prefix) && key.prefix.length < secret.length / 2);
    assert.ok(!JSON.stringify(await control.listKeys()).includes(secret));
    await control.close();
  });

  test(`${name}: ensuring the same secret twice keeps one key`, async () => {
    const control = await open();
    const first = await control.ensureKey("fw_dev_same", { name: "dev" });
    const second = await control.ensureKey("fw_dev_same", { name: "dev" });
    assert.equal(first.id, second.id);
    assert.equal((await control.listKeys()).length, 1);
    await control.close();
  });

  test(`${name}: revoking is remembered, twice is fine, and an unknown key is an error`, async () => {
    const control = await open();
    const { key } = await control.createKey({ name: "old", scopes: ["inference", "admin"], environment: "staging" });
    const revoked = await control.revokeKey(key.id);
    assert.ok(revoked.revoked);
    assert.equal((await control.revokeKey(key.id)).revoked, revoked.revoked);
    await assert.rejects(control.revokeKey("key_nobody"), { code: "not_found" });
    await control.close();
  });

  test(`${name}: a setting is replaced, not repeated`, async () => {
    const control = await open();
    assert.equal(await control.getSetting("colour"), undefined);
    await control.setSetting("colour", "red");
    await control.setSetting("colour", "it's blue");
    assert.equal(await control.getSetting("colour"), "it's blue");
    await control.close();
  });
}
